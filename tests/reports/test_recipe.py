"""The page: whole in one file, honest on every figure, the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.evaluation.evaluate import Evaluation, evaluate
from pipeline.reports import recipe
from pipeline.views.packed import open_view
from tests.reports.conftest import read
from tests.reports.examples import HONEST, LEAKY, Kitchen

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
        told = dict(attrs)
        self.links += [told[name] or "" for name in ("src", "href") if name in told]
        if tag in ("img", "svg") and not (
            told.get("alt") or told.get("aria-label") or told.get("aria-hidden")
        ):
            self.nameless.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def write(found: Evaluation, kitchen_root: Path, folder: Path) -> str:
    root = kitchen_root
    path = folder / "report.html"
    view = open_view(root / "data/views/toy-mel")
    recipe.write(found, view, root / "data/embeddings/toy", path, folder / "published.yaml")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(toy: Kitchen, found: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The honest recipe's page."""
    return write(found, toy.root, tmp_path_factory.mktemp("page"))


def test_a_page_is_well_formed_and_needs_nothing_else(page: str) -> None:
    outline = Outline(page)
    assert all(link.startswith("data:image/png;base64,") for link in outline.links)
    assert "http" not in re.sub(r'base64,[^"]*', "", page)
    assert "@import" not in page and "url(" not in page and "<script" not in page


def test_every_picture_has_words_for_those_who_cannot_see_it(page: str) -> None:
    assert Outline(page).nameless == []


def test_the_verdict_gives_the_figure_in_words(page: str, found: Evaluation) -> None:
    figure = f"{100 * found.headline.uar.mean:.1f}"
    assert "On 6 speakers, each unheard until tested, svm told four emotions in synthetic" in page
    assert f"with an average recall of {figure}\u00a0% where guessing gives 25.0\u00a0%." in page


def test_every_figure_wears_the_splits_label(page: str) -> None:
    figures = page.count('<div class="plate">')
    assert figures >= 10
    assert page.count(f'<span class="chip">{HONEST}</span>') == figures
    assert f'<span class="badge">{HONEST}</span>' in page


def test_a_leak_is_said_on_every_figure_and_in_words(leaky: Evaluation, tmp_path: Path) -> None:
    kitchen = Kitchen(tmp_path, corpus="lab", leaks=True, seeds=1, validated=False)
    kitchen.cook()
    page = write(leaky, tmp_path, tmp_path / "out")
    figures = page.count('<div class="plate">')
    assert page.count(f'<span class="chip leaks">{LEAKY}</span>') == figures
    assert "On new clips of speakers it had already heard, softmax told four emotions" in page
    assert "not what a stranger’s voice would get" in re.sub(r"\s+", " ", page)
    assert "No head was chosen" in page
    assert "synthetic" not in page.lower()


def test_the_demo_is_called_synthetic(page: str) -> None:
    assert "synthetic speech: tells whether the workbench works, nothing about people" in page


def test_the_table_has_every_row(page: str, found: Evaluation) -> None:
    for head in found.rows:
        assert f'<th scope="row">{head}' in page


def test_the_same_files_give_the_same_page(kitchen: Kitchen, tmp_path: Path) -> None:
    first, second = (
        write(evaluate(read(kitchen)), kitchen.root, tmp_path / name) for name in ("a", "b")
    )
    assert first == second


def test_a_title_is_text_and_not_markup(toy: Kitchen, found: Evaluation, tmp_path: Path) -> None:
    odd = replace(found, cooked=replace(found.cooked, title="RAVDESS <b>& more"))
    page = write(odd, toy.root, tmp_path)
    assert "<h1>RAVDESS &lt;b&gt;&amp; more</h1>" in page


def test_published_figures_stand_beside_the_recipe_that_they_name(
    toy: Kitchen, found: Evaluation, tmp_path: Path
) -> None:
    (tmp_path / "published.yaml").write_text(
        """
papers:
  hybrid:
    title: A hybrid
    corpora: [toy]
    stated: no word on speakers
    figures:
      - {row: cnn-hybrid, network: cnn, emotions: 3, recipe: toy, acc: 94.18}
      - {row: not-ours, network: cnn, emotions: 3, recipe: another, acc: 12.34}
honest:
  protocol: six folds
  recipe: [toy]
  figures:
    - {row: whisper, uar: 75.3, source: a leaderboard}
"""
    )
    page = write(found, toy.root, tmp_path)
    assert "Beside what was published" in page
    assert "cnn-hybrid" in page and "94.2" in page and "no word on speakers" in page
    assert "whisper" in page and "a leaderboard" in page
    assert "not-ours" not in page


def test_without_published_figures_there_is_no_such_section(page: str) -> None:
    assert "Beside what was published" not in page


def test_the_gallery_shows_the_surest_mistakes(page: str, found: Evaluation) -> None:
    table = found.headline.table
    wrong = table[table["true"] != table["predicted"]]
    shown = re.findall(r'<img src="data:[^"]*" alt="Spectrogram of (\S+):', page)
    assert 1 <= len(shown) <= 12
    assert set(shown) <= set(wrong["clip"])


def test_a_recipe_that_is_never_wrong_still_has_a_page(
    toy: Kitchen, found: Evaluation, tmp_path: Path
) -> None:
    rows = found.cooked.predictions
    names = found.cooked.emotions
    sure = {f"p_{name}": (rows["true"] == name).astype(float) for name in names}
    perfect = rows.assign(predicted=rows["true"], **sure)
    page = write(evaluate(replace(found.cooked, predictions=perfect)), toy.root, tmp_path)
    assert "No clip was misheard" in page
    assert "No emotion was taken for another." in page


def test_one_speaker_alone_still_has_a_page(
    toy: Kitchen, found: Evaluation, tmp_path: Path
) -> None:
    cooked = found.cooked
    alone = replace(
        cooked,
        split=cooked.split.assign(speaker="anna"),
        predictions=cooked.predictions.assign(speaker="anna"),
    )
    page = write(evaluate(alone), toy.root, tmp_path)
    assert "one speaker: no interval can be had" in page
    assert "nan" not in re.sub(r'base64,[^"]*', "", page)


def test_networks_that_had_learned_before_are_called_so(found: Evaluation) -> None:
    start = {"name": "others", "kind": "recipe", "recipe": "others", "clips": 9000, "speakers": 93}
    networks = {**found.cooked.networks, "start": start}
    schooled = replace(found, cooked=replace(found.cooked, networks=networks))
    assert "had learned from 9\u202f000 clips of 93 other speakers" in recipe.verdict(schooled)
    assert "other speakers" not in recipe.verdict(found)
