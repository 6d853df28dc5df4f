"""The page: whole in one file, honest on every figure, the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.audit.beside import beside
from pipeline.evaluation.evaluate import Evaluation, evaluate
from pipeline.evaluation.metrics import METRICS
from pipeline.reports import recipe, sentences
from pipeline.views.packed import open_view
from tests.reports.conftest import PAPER, read, write_params
from tests.reports.examples import HONEST, LEAKY, VIEW, ExampleRecipe

VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """What a page is made of; fails when an element is not closed in its place."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.nameless: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attrs)
        self.links += [given[name] or "" for name in ("src", "href") if name in given]
        if tag in ("img", "svg") and not (
            given.get("alt") or given.get("aria-label") or given.get("aria-hidden")
        ):
            self.nameless.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def write(found: Evaluation, example: ExampleRecipe, folder: Path) -> str:
    """A recipe's page, written into a repository whose papers are beside it."""
    path, layout = folder / "report.html", example.layout
    recipe.write(
        found, open_view(layout.view(VIEW)), layout.embeddings("toy"), path, beside(found, folder)
    )
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(toy: ExampleRecipe, found: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The honest recipe's page."""
    return write(found, toy, tmp_path_factory.mktemp("page"))


def test_a_page_is_well_formed_and_needs_nothing_else(page: str) -> None:
    outline = Outline(page)
    assert all(link.startswith("data:image/png;base64,") for link in outline.links)
    assert "http" not in re.sub(r'base64,[^"]*', "", page)
    assert "@import" not in page and "url(" not in page and "<script" not in page


def test_every_picture_has_words_for_those_who_cannot_see_it(page: str) -> None:
    assert Outline(page).nameless == []


def test_the_verdict_gives_the_figure_in_words(page: str, found: Evaluation) -> None:
    figure = f"{100 * found.headline.uar.mean:.1f}"
    assert "On 6 speakers, none of them in its training when tested, svm recognises four" in page
    assert f"with an average recall of {figure}\u00a0% where guessing gives 25.0\u00a0%." in page


def test_every_figure_has_the_splits_label(page: str) -> None:
    figures = page.count('<div class="plate">')
    assert figures >= 10
    assert page.count(f'<span class="chip">{HONEST}</span>') == figures
    assert f'<span class="badge">{HONEST}</span>' in page


def test_a_leak_is_said_on_every_figure_and_in_words(leaky: Evaluation, tmp_path: Path) -> None:
    example = ExampleRecipe(tmp_path, corpus="lab", leaks=True, seeds=1, validated=False)
    example.write()
    page = write(leaky, example, tmp_path / "out")
    figures = page.count('<div class="plate">')
    assert page.count(f'<span class="chip leaks">{LEAKY}</span>') == figures
    assert "On new clips of speakers who are in its training, softmax recognises four" in page
    assert "not what new speakers would get" in re.sub(r"\s+", " ", page)
    assert "No head was chosen" in page
    assert "synthetic" not in page.lower()


def test_the_demo_is_called_synthetic(page: str) -> None:
    assert (
        "synthetic speech: shows whether the workbench works, and says nothing about human speech"
        in page
    )


def test_the_table_has_every_row(page: str, found: Evaluation) -> None:
    for head in found.rows:
        assert f'<th scope="row">{head}' in page


def test_the_same_files_give_the_same_page(example: ExampleRecipe, tmp_path: Path) -> None:
    first, second = (
        write(evaluate(read(example)), example, tmp_path / name) for name in ("a", "b")
    )
    assert first == second


def test_a_title_is_text_and_not_markup(
    toy: ExampleRecipe, found: Evaluation, tmp_path: Path
) -> None:
    settings = found.outputs.settings.model_copy(update={"title": "RAVDESS <b>& more"})
    odd = replace(found, outputs=replace(found.outputs, settings=settings))
    page = write(odd, toy, tmp_path)
    assert "<h1>RAVDESS &lt;b&gt;&amp; more</h1>" in page


def test_published_figures_stand_beside_the_recipe_that_they_name(
    toy: ExampleRecipe, found: Evaluation, tmp_path: Path
) -> None:
    row = {"network": "cnn", "emotions": 3, "acc": 94.18, "recipe": "toy"}
    figures = {"cnn-hybrid": row, "not-ours": {**row, "recipe": "another"}}
    write_params(tmp_path / "papers/hybrid/params.yaml", {**PAPER, "figures": figures})
    references = {
        "protocol": "six folds",
        "recipe": ["toy"],
        "figures": [{"row": "whisper", "uar": 75.3, "source": "a leaderboard"}],
    }
    write_params(tmp_path / "studies/best/params.yaml", {"references": references})
    page = write(found, toy, tmp_path)
    assert "Beside what was published" in page
    assert "cnn-hybrid" in page and "94.2" in page and "no word on speakers" in page
    assert "whisper" in page and "a leaderboard" in page
    assert "not-ours" not in page


def test_without_published_figures_there_is_no_such_section(page: str) -> None:
    assert "Beside what was published" not in page


def test_the_gallery_shows_mistakes(page: str, found: Evaluation) -> None:
    table = found.headline.table
    wrong = table[table["true"] != table["predicted"]]
    shown = re.findall(r'<img src="data:[^"]*" alt="Spectrogram of (\S+):', page)
    assert 1 <= len(shown) <= 12
    assert set(shown) <= set(wrong["clip"])


def test_a_recipe_that_is_never_wrong_still_has_a_page(
    toy: ExampleRecipe, found: Evaluation, tmp_path: Path
) -> None:
    rows = found.outputs.predictions
    names = found.outputs.emotions
    sure = {f"p_{name}": (rows["true"] == name).astype(float) for name in names}
    perfect = rows.assign(predicted=rows["true"], **sure)
    page = write(evaluate(replace(found.outputs, predictions=perfect)), toy, tmp_path)
    assert "No clip was misclassified" in page
    assert "No emotion was predicted as another." in page


def test_one_speaker_alone_still_has_a_page(
    toy: ExampleRecipe, found: Evaluation, tmp_path: Path
) -> None:
    outputs = found.outputs
    alone = replace(
        outputs,
        split=outputs.split.assign(speaker="anna"),
        predictions=outputs.predictions.assign(speaker="anna"),
    )
    page = write(evaluate(alone), toy, tmp_path)
    assert "one speaker: no interval can be had" in page
    assert "nan" not in re.sub(r'base64,[^"]*', "", page)


def test_networks_that_were_trained_before_are_called_so(found: Evaluation) -> None:
    weights = {"name": "others", "kind": "recipe", "recipe": "others", "clips": 9000}
    networks = found.outputs.networks
    assert networks is not None
    networks = networks.model_copy(update={"initial_weights": {**weights, "speakers": 93}})
    pretrained = replace(found, outputs=replace(found.outputs, networks=networks))
    assert "trained on 9\u202f000 clips of 93 other speakers" in sentences.verdict(pretrained)
    assert "other speakers" not in sentences.verdict(found)


def test_the_table_and_the_terms_have_every_metric(page: str) -> None:
    for metric in METRICS.values():
        assert f'<th scope="col">{metric.title}' in page
        assert f"<dt>{metric.title}</dt>" in page


def test_a_recipe_without_a_network_has_a_page(numbers: ExampleRecipe, tmp_path: Path) -> None:
    page = write(evaluate(read(numbers)), numbers, tmp_path)
    Outline(page)
    assert "heads learn from the view’s numbers" in page
    assert "Against the first head, xgboost" in page
    assert 'id="learning"' not in page and "softmax" not in page
    assert "No head was chosen" in page
