"""Published figures beside ours, and the audit of leaks."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit import table
from pipeline.audit.figures import read_published
from pipeline.audit.settings import AuditSettings
from pipeline.audit.table import LEAKY, NOT, REPRODUCED, WAITING, verdict
from pipeline.config.base import load
from pipeline.config.params import read
from pipeline.core.storage import write_json
from pipeline.evaluation.metrics import Interval
from pipeline.evaluation.results import cooked, read_metrics
from pipeline.reports.pages import percent
from pipeline.reports.stored import Shelf
from pipeline.training import provenance
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def found(evaluated: Path) -> dict[str, Any]:
    return table(evaluated)


def table(root: Path, reports: Path | None = None) -> dict[str, Any]:
    """The published table of a repository."""
    audit = load(AuditSettings, "audits", path=root / "params.yaml")
    known = read_published(root / "published.yaml")
    return table.table(known, audit, reports or root / "reports/recipes")


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
        expected = read_metrics(recipe, evaluated / "reports/recipes")["heads"]["softmax"][
            "accuracy"
        ]
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


def test_steps_that_are_not_cooked_have_no_figure(found: dict[str, Any]) -> None:
    there = {step["step"]: bool(step["uar"]) for step in found["ladder"]}
    assert there == {"random": True, "speaker": True, "corpus": False}


def test_a_recipe_cooked_before_it_had_the_head_is_not_there(evaluated: Path) -> None:
    shelf = Shelf(evaluated / "reports/recipes")
    recipe = cooked(shelf.reports)[0]
    assert shelf.has(recipe, "softmax")
    assert not shelf.has(recipe, "another")
    assert not shelf.has("another", "softmax")


def test_a_cell_of_the_matrix_is_scored_by_tested_corpus(found: dict[str, Any]) -> None:
    (cell,) = found["matrix"]
    assert (cell["trained"], cell["tested"], cell["emotions"]) == ("lab", "demo", 4)


def test_time_and_device_come_from_where_it_was_trained(evaluated: Path, tmp_path: Path) -> None:
    reports = tmp_path / "recipes"
    shutil.copytree(evaluated / "reports/recipes", reports)
    write_json(reports / "leaky" / provenance.FILE, {"device": "cpu", "seconds": 90.0})
    made = table(evaluated, reports)
    table.write(made, tmp_path)
    assert made["rows"][0]["recipe"]["seconds"] == 90.0
    assert "1.5 min" in (tmp_path / "published.md").read_text()


def test_what_git_keeps_is_enough(found: dict[str, Any], evaluated: Path, tmp_path: Path) -> None:
    reports = tmp_path / "recipes"
    shutil.copytree(evaluated / "reports/recipes", reports)
    for path in reports.glob("*/predictions.csv"):
        path.unlink()
    assert table(evaluated, reports) == found


def test_three_forms_tell_the_same(found: dict[str, Any], tmp_path: Path) -> None:
    table.write(found, tmp_path)
    assert json.loads((tmp_path / "published.json").read_text()) == found
    HTMLParser().feed(page := (tmp_path / "published.html").read_text())
    for text in (page, (tmp_path / "published.md").read_text()):
        assert WAITING in text and "make reproduce RECIPE=leaky" in text
        assert "no word on speakers" in text


def test_the_repositorys_own_rows_lead_to_recipes() -> None:
    recipes = read(ROOT / "params.yaml").recipes
    rows = [row for _, _, row in read_published(ROOT / "published.yaml").rows()]
    assert len(rows) == 23
    for row in rows:
        for side in ("recipe", "random", "honest"):
            name = getattr(row, side)
            if name is not None:
                assert row.head in recipes[name].heads, name
                assert len(recipes[name].emotions) == row.emotions, name


def test_the_honest_twin_keeps_speakers_apart() -> None:
    params = read(ROOT / "params.yaml")
    for _, _, row in read_published(ROOT / "published.yaml").rows():
        assert row.recipe and row.honest
        twin = params.recipes[row.honest]
        assert params.protocols[twin.protocol].kind == "speaker"
        alike = ("dataset", "view", "emotions", "network", "training", "heads")
        own = params.recipes[row.recipe]
        assert all(getattr(own, name) == getattr(twin, name) for name in alike), row.row


def test_the_readme_tells_what_the_table_tells() -> None:
    told = json.loads((ROOT / "reports/published.json").read_text())
    readme = (ROOT / "README.md").read_text()
    for row in told["rows"]:
        if row["verdict"] != WAITING:
            own, honest = (percent(row[side]["accuracy"]["mean"]) for side in ("recipe", "honest"))
            cells = (row["row"], row["emotions"], percent(row["published"]), own, honest)
            line = f"| {' | '.join(map(str, cells))} | {row['verdict']} |"
            assert line in readme, f"README lacks: {line}"
