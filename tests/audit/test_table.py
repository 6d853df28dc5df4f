"""Published figures beside ours, and the audit of leaks."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit import table
from pipeline.audit.figures import SIDES, read_published
from pipeline.audit.settings import read_audit
from pipeline.audit.table import LEAKY, NOT, REPRODUCED, WAITING, verdict
from pipeline.config.recipes import NetworkRecipeSettings, load_recipe
from pipeline.core.errors import ConfigError, ReportError
from pipeline.core.layout import Layout
from pipeline.core.storage import write_json
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.results import evaluated as evaluated_recipes
from pipeline.evaluation.results import read_metrics
from pipeline.heads.registry import load_heads
from pipeline.reports.stored import StoredResults
from pipeline.splits.registry import load_protocol
from pipeline.training import provenance
from tests.conftest import ROOT
from tests.reports.conftest import PAPER, STUDIES, change_params, write_params


@pytest.fixture(scope="module")
def found(evaluated: Path) -> dict[str, Any]:
    return made(evaluated)


@pytest.fixture
def copy(evaluated: Path, tmp_path: Path) -> Path:
    """The evaluated repository without predictions, which git does not have, to change."""
    shutil.copytree(evaluated, tmp_path, dirs_exist_ok=True)
    for path in tmp_path.rglob("predictions.csv"):
        path.unlink()
    shutil.rmtree(tmp_path / "data")
    shutil.rmtree(tmp_path / "models")
    return tmp_path


def made(root: Path) -> dict[str, Any]:
    """The published table of a repository."""
    return table.table(read_published(root), read_audit(root), root)


@pytest.mark.parametrize(
    ("own", "honest", "said"),
    [
        ((0.90, 0.95), (0.88, 0.94), REPRODUCED),
        ((0.90, 0.95), (0.40, 0.50), LEAKY),
        ((0.60, 0.70), (0.40, 0.50), NOT),
        ((0.40, 0.50), (0.90, 0.95), REPRODUCED),
    ],
)
def test_a_verdict_follows_the_rule(
    own: tuple[float, float], honest: tuple[float, float], said: str
) -> None:
    def interval(ends: tuple[float, float]) -> Interval:
        return Interval(sum(ends) / 2, *ends)

    assert verdict(0.93, interval(own), interval(honest)) == said


def test_a_figure_without_an_interval_must_reach_by_itself() -> None:
    alone = Interval(0.9, float("nan"), float("nan"))
    assert verdict(0.89, alone, alone) == REPRODUCED
    assert verdict(0.91, alone, alone) == NOT


def test_a_row_has_ours_under_both_protocols(found: dict[str, Any], evaluated: Path) -> None:
    row = found["rows"][0]
    for side, recipe in (("recipe", "leaky"), ("honest", "honest")):
        expected = read_metrics(recipe, evaluated)["heads"]["softmax"]["accuracy"]
        assert row[side]["accuracy"] == expected
    assert row["command"] == "make reproduce RECIPE=leaky"


def test_what_sharing_adds_is_paired_by_speaker(found: dict[str, Any]) -> None:
    row = found["rows"][0]
    gap = row["recipe"]["accuracy"]["mean"] - row["honest"]["accuracy"]["mean"]
    assert row["sharing"]["mean"] == pytest.approx(gap, abs=1e-5)
    assert row["sharing"]["low"] < row["sharing"]["mean"] < row["sharing"]["high"]


def test_a_row_without_its_recipe_is_not_yet_run(found: dict[str, Any]) -> None:
    assert [row["verdict"] for row in found["rows"]][2] == WAITING
    assert found["verdicts"][WAITING] == 1
    assert sum(found["verdicts"].values()) == 3


def test_steps_that_are_not_run_have_no_figure(found: dict[str, Any]) -> None:
    there = {step["step"]: bool(step["uar"]) for step in found["ladder"]}
    assert there == {"random": True, "speaker": True, "corpus": False}


def test_figures_older_than_a_head_do_not_have_it(evaluated: Path) -> None:
    stored = StoredResults(evaluated)
    recipe = evaluated_recipes(evaluated)[0]
    assert stored.has(recipe, "softmax")
    assert not stored.has(recipe, "another")
    assert not stored.has("another", "softmax")


def test_each_figure_says_whether_this_code_made_it(found: dict[str, Any]) -> None:
    row = found["rows"][0]
    assert not row["recipe"]["run_with_this_code"] and row["honest"]["run_with_this_code"]
    steps = {step["step"]: step["run_with_this_code"] for step in found["ladder"]}
    assert steps == {"random": False, "speaker": True, "corpus": False}
    assert [cell["run_with_this_code"] for cell in found["matrix"]] == [True]


def test_a_cell_of_the_matrix_is_scored_by_tested_corpus(found: dict[str, Any]) -> None:
    (cell,) = found["matrix"]
    assert (cell["trained"], cell["tested"], cell["emotions"]) == ("lab", "demo", 4)


def test_time_and_device_come_from_where_it_was_trained(copy: Path) -> None:
    facts = {"device": "cpu", "seconds": 90.0}
    write_json(Layout(copy).report("leaky") / provenance.FILE, facts)
    found = made(copy)
    table.write(found, copy)
    assert found["rows"][0]["recipe"]["seconds"] == 90.0
    assert "1.5 min" in (copy / "reports/published.md").read_text()


def test_what_git_has_is_enough(found: dict[str, Any], copy: Path) -> None:
    assert made(copy) == found


def test_three_forms_say_the_same(found: dict[str, Any], tmp_path: Path) -> None:
    assert table.write(found, tmp_path) == tmp_path / "reports/published.html"
    folder = tmp_path / "reports"
    assert json.loads((folder / "published.json").read_text()) == found
    HTMLParser().feed(page := (folder / "published.html").read_text())
    for text in (page, (folder / "published.md").read_text()):
        assert WAITING in text and "make reproduce RECIPE=leaky" in text
        assert "no word on speakers" in text


def test_without_papers_there_is_no_table(tmp_path: Path) -> None:
    write_params(tmp_path / "params.yaml", {"heads": {}})
    with pytest.raises(ReportError, match="papers: no papers; run from the repository's root"):
        made(tmp_path)


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (("figures", "low", "recipe"), "leakey", "figures.low.recipe: 'leakey' .* 'leaky'"),
        (("figures", "low", "honest"), "hones", "figures.low.honest: 'hones' .* 'honest'"),
        (("figures", "low", "head"), "softmx", "figures.low.head: .* 'softmx' .* 'softmax'"),
        (("figures", "low", "acc"), 120, "figures.low.acc: 120 should be less than"),
        (("figures", "low", "hed"), "svm", "figures.low.hed is not a known key; .* 'head'"),
        (("paper", "titel"), "x", "paper.titel is not a known key"),
    ],
)
def test_a_mistake_in_a_papers_file_names_file_and_key(
    copy: Path, keys: tuple[str, ...], value: Any, words: str
) -> None:
    change_params(copy / "papers/paper/params.yaml", *keys, value=value)
    with pytest.raises(ConfigError, match=f"papers/paper/params.yaml: {words}"):
        read_published(copy)


@pytest.mark.parametrize(
    ("study", "keys", "value", "words"),
    [
        ("ladder", ("ladder", "net", "head"), "svn", "ladder.net.head: .* 'svn' .* 'svm'"),
        (
            "ladder",
            ("ladder", "net", "steps", "random"),
            "leak",
            "ladder.net.steps.random: 'leak' .* 'leaky'",
        ),
        (
            "ladder",
            ("ladder", "net", "steps"),
            {"rando": "leaky"},
            "ladder.net.steps: kinds of protocol: 'rando' .* 'random'",
        ),
        ("corpora", ("matrix", "4", "lab"), "honst", "matrix.4.lab: 'honst' .* 'honest'"),
    ],
)
def test_a_mistake_in_a_studys_file_names_file_and_key(
    copy: Path, study: str, keys: tuple[str, ...], value: Any, words: str
) -> None:
    change_params(copy / "studies" / study / "params.yaml", *keys, value=value)
    with pytest.raises(ConfigError, match=f"studies/{study}/params.yaml: {words}"):
        read_audit(copy)


def test_a_paper_without_figures_is_refused(copy: Path) -> None:
    write_params(copy / "papers/paper/params.yaml", {"paper": PAPER["paper"]})
    with pytest.raises(ConfigError, match=r"papers/paper/params\.yaml: .*'figures' is not there"):
        read_published(copy)


def test_references_name_recipes_that_are_there(copy: Path) -> None:
    references = STUDIES["best"]["references"]
    write_params(
        copy / "studies/best/params.yaml", {"references": {**references, "recipe": ["hones"]}}
    )
    with pytest.raises(
        ConfigError, match=r"studies/best/params\.yaml: references\.recipe: 'hones'"
    ):
        read_published(copy)


def test_the_repositorys_own_rows_lead_to_recipes() -> None:
    rows = read_published(ROOT).rows
    assert len(rows) == 23
    for row in rows:
        assert row.figure.recipe and row.figure.honest, row.name
        for side in SIDES:
            if name := row.figure.recipes.get(side):
                recipe = load_recipe(name, ROOT)
                assert row.figure.head in load_heads(recipe.heads, ROOT), name
                assert len(recipe.emotions) == row.figure.emotions, name


def test_the_repositorys_own_studies_lead_to_recipes() -> None:
    found = read_audit(ROOT)
    assert found.ladder and found.matrix
    for ladder in found.ladder.values():
        for kind, name in ladder.steps.items():
            assert load_protocol(load_recipe(name, ROOT).protocol, ROOT).kind == kind, name


def test_the_honest_twin_has_no_speaker_on_both_sides() -> None:
    for row in read_published(ROOT).rows:
        assert row.figure.recipe and row.figure.honest
        own, twin = (load_recipe(name, ROOT) for name in (row.figure.recipe, row.figure.honest))
        assert load_protocol(twin.protocol, ROOT).kind == "speaker"
        alike = ["dataset", "view", "emotions", "heads"]
        if isinstance(own, NetworkRecipeSettings):
            alike += ["network", "training"]
        assert all(getattr(own, name) == getattr(twin, name) for name in alike), row.name
