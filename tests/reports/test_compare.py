"""Recipes side by side, from the stages that write them to the command that prints them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.commands.report import app
from pipeline.core.errors import ReportError
from pipeline.evaluation.results import cooked
from pipeline.reports.compare import compare
from stages import compare as compare_stage
from stages import evaluate as evaluate_stage
from tests.reports.examples import HONEST, LEAKY, Kitchen


@pytest.fixture(scope="module")
def repository(evaluated: Path) -> Path:
    """Both recipes of the same clips, compared by the stage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(evaluated)
        compare_stage.main()
    return evaluated


@pytest.fixture(autouse=True)
def here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run at the repository's root, on a wide terminal."""
    monkeypatch.chdir(repository)
    monkeypatch.setenv("COLUMNS", "120")


def said(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_rows_stand_side_by_side_with_their_labels() -> None:
    rows = {row["recipe"]: row for row in compare(cooked())["recipes"]}
    assert rows["honest"]["label"] == HONEST and not rows["honest"]["leaks"]
    assert rows["leaky"]["label"] == LEAKY and rows["leaky"]["leaks"]


def test_the_headline_is_the_chosen_head_or_softmax() -> None:
    rows = {row["recipe"]: row for row in compare(cooked())["recipes"]}
    assert (rows["honest"]["head"], rows["honest"]["chosen"]) == ("svm", True)
    assert (rows["leaky"]["head"], rows["leaky"]["chosen"]) == ("softmax", False)


def test_a_leak_is_worth_the_difference_to_the_honest_row() -> None:
    found = compare(["leaky", "honest"])
    (item,) = found["leaks"]
    uar = {row["recipe"]: row["uar"]["mean"] for row in found["recipes"]}
    assert (item["leaky"], item["honest"]) == ("leaky", "honest")
    assert item["mean"] == pytest.approx(uar["leaky"] - uar["honest"], abs=1e-5)


def test_other_clips_are_not_paired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kitchen in (
        Kitchen(tmp_path, "honest", corpus="lab", seeds=1),
        Kitchen(tmp_path, "leaky", corpus="home", seeds=1, leaks=True),
    ):
        kitchen.cook()
        evaluate_stage.cook(kitchen.recipe)
    assert compare(cooked())["leaks"] == []


def test_the_stage_writes_three_forms(repository: Path) -> None:
    reports = repository / "reports"
    assert json.loads((reports / "compare.json").read_text()) == compare(cooked())
    text = (reports / "compare.md").read_text()
    assert f"| random | **{LEAKY}** | softmax |" in text
    assert f"| speaker | {HONEST} | svm |" in text
    page = (reports / "compare.html").read_text()
    assert f'<span class="chip leaks">{LEAKY}</span>' in page
    assert '<a href="recipes/honest/report.html">honest</a>' in page


def test_an_unknown_recipe_gets_the_nearest_name() -> None:
    with pytest.raises(ReportError, match=r"recipes: 'honst' is not there; did you mean 'honest'"):
        compare(["honst"])


def test_show_prints_the_heads_and_where_the_page_is() -> None:
    text = said("show", "honest")
    assert HONEST in text
    assert "svm *" in text and "majority" in text and "random" in text
    assert "the page: reports/recipes/honest/report.html" in text


def test_show_says_when_nothing_was_chosen() -> None:
    assert "no head was chosen" in said("show", "leaky")


def test_show_as_json_has_designs_keys() -> None:
    data = json.loads(said("show", "honest", "--json"))
    keys = ["recipe", "protocol", "label", "folds", "seeds", "clips", "chosen", "rows", "page"]
    assert list(data) == keys
    assert data["rows"][0]["head"] == "softmax"
    assert set(data["rows"][0]["uar"]) == {"mean", "low", "high"}


def test_show_says_how_to_cook_what_is_not_cooked() -> None:
    done = CliRunner().invoke(app, ["show", "raw"])
    assert done.exit_code == 1
    assert done.stderr == ("error: raw is not cooked yet; make it with: dvc repro evaluate@raw\n")


def test_compare_prints_all_that_are_cooked() -> None:
    text = said("compare")
    assert LEAKY in text and HONEST in text
    assert "points" in text and "on the same clips" in text


def test_compare_as_json_is_the_stages_file(repository: Path) -> None:
    stored = json.loads((repository / "reports/compare.json").read_text())
    assert json.loads(said("compare", "--json")) == stored


def test_compare_names_what_is_not_cooked() -> None:
    done = CliRunner().invoke(app, ["compare", "honest", "raw"])
    assert done.exit_code == 1
    assert "raw is not cooked yet" in done.stderr


def test_published_prints_each_row_with_its_verdict(repository: Path) -> None:
    text = said("published")
    assert "not yet run" in text and "1 reproduced" in text
    stored = json.loads((repository / "reports/published.json").read_text())
    assert json.loads(said("published", "--json")) == stored
