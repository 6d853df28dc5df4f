"""Recipes side by side, from the stages that write them to the command that prints them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.commands.report import app
from pipeline.core.errors import ReportError
from pipeline.evaluation.results import evaluated as evaluated_recipes
from pipeline.evaluation.results import run_with_this_code
from pipeline.reports.compare import compare
from pipeline.stages import compare as compare_stage
from pipeline.stages import published as published_stage
from tests.reports.conftest import change_params, make, write_params
from tests.reports.examples import HONEST, LEAKY, ExampleRecipe


@pytest.fixture(scope="module")
def repository(evaluated: Path) -> Path:
    """Both recipes of the same clips, compared by the stage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(evaluated)
        compare_stage.main()
        published_stage.main()
    return evaluated


@pytest.fixture(autouse=True)
def here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run at the repository's root, on a wide terminal."""
    monkeypatch.chdir(repository)
    monkeypatch.setenv("COLUMNS", "120")


def output(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_rows_stand_side_by_side_with_their_labels() -> None:
    rows = {row["recipe"]: row for row in compare(evaluated_recipes())["recipes"]}
    assert rows["honest"]["label"] == HONEST and not rows["honest"]["leaks"]
    assert rows["leaky"]["label"] == LEAKY and rows["leaky"]["leaks"]


def test_the_headline_is_the_chosen_head_or_the_reference() -> None:
    rows = {row["recipe"]: row for row in compare(evaluated_recipes())["recipes"]}
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
    for example in (
        ExampleRecipe(tmp_path, "honest", corpus="lab", seeds=1),
        ExampleRecipe(tmp_path, "leaky", corpus="home", seeds=1, leaks=True),
    ):
        example.write()
        make(example.recipe, tmp_path)
    assert compare(evaluated_recipes())["leaks"] == []


def test_the_stage_writes_three_forms(repository: Path) -> None:
    reports = repository / "reports"
    assert json.loads((reports / "compare.json").read_text()) == compare(evaluated_recipes())
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
    text = output("show", "honest")
    assert HONEST in text
    assert "svm *" in text and "majority" in text and "random" in text
    assert "the page: reports/recipes/honest/report.html" in text


def test_show_says_when_nothing_was_chosen() -> None:
    assert "no head was chosen" in output("show", "leaky")


def test_show_as_json_is_one_object() -> None:
    data = json.loads(output("show", "honest", "--json"))
    keys = {"recipe", "protocol", "label", "folds", "seeds", "clips", "chosen", "rows", "page"}
    assert set(data) == keys | {"mechanisms", "run_with_this_code"}
    assert (data["mechanisms"], data["run_with_this_code"]) == ([], True)
    assert data["rows"][0]["head"] == "softmax"
    assert set(data["rows"][0]["uar"]) == {"mean", "low", "high"}


def test_show_says_how_to_run_what_has_no_figures() -> None:
    done = CliRunner().invoke(app, ["show", "raw"])
    assert done.exit_code == 1
    assert done.stderr == ("error: raw has no figures yet; make them with: ser run raw\n")


def test_compare_prints_all_that_have_figures() -> None:
    text = output("compare")
    assert LEAKY in text and HONEST in text
    assert "on the same clips" not in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("words", [("leaky", "honest"), ("--leaks",)])
def test_what_a_leak_is_worth_is_told_of_two_or_on_demand(words: tuple[str, ...]) -> None:
    text = output("compare", *words)
    assert "points" in text and "on the same clips" in text


def test_compare_as_json_is_the_stages_file(repository: Path) -> None:
    stored = json.loads((repository / "reports/compare.json").read_text())
    assert json.loads(output("compare", "--leaks", "--json")) == stored


def test_compare_names_what_has_no_figures() -> None:
    done = CliRunner().invoke(app, ["compare", "honest", "raw"])
    assert done.exit_code == 1
    assert "raw has no figures yet" in done.stderr


def test_published_prints_each_row_with_its_verdict(repository: Path) -> None:
    text = output("published")
    assert "not yet run" in text and "1 reproduced" in text
    stored = json.loads((repository / "reports/published.json").read_text())
    assert json.loads(output("published", "--json")) == stored


def test_show_as_json_names_the_mechanisms_of_a_leak() -> None:
    assert json.loads(output("show", "leaky", "--json"))["mechanisms"] == ["speaker"]


def test_figures_of_older_code_are_marked_wherever_they_stand(repository: Path) -> None:
    rows = {row["recipe"]: row for row in compare(evaluated_recipes())["recipes"]}
    assert rows["honest"]["run_with_this_code"] and not rows["leaky"]["run_with_this_code"]
    lines = (repository / "reports/compare.md").read_text().splitlines()
    (leaky,) = (line for line in lines if line.startswith("| leaky | toy"))
    (honest,) = (line for line in lines if line.startswith("| [honest]"))
    assert "†" in leaky and "†" not in honest
    for name in ("compare.md", "compare.html", "published.md", "published.html"):
        assert "† not run with this code" in (repository / "reports" / name).read_text(), name
    assert "not run with this code" in output("show", "leaky")
    assert "not run with this code" not in output("show", "honest")
    assert "† not run with this code" in output("compare")
    assert "†" not in output("compare", "honest")
    assert "† not run with this code" in output("published")


def test_links_lead_only_to_reports_that_dvc_has(repository: Path) -> None:
    for name in ("compare.md", "compare.html", "published.html"):
        text = (repository / "reports" / name).read_text()
        assert "recipes/honest/report.html" in text, name
        assert "recipes/leaky/report.html" not in text, name
        assert "dvc pull reports/recipes/RECIPE/report.html" in text, name


def test_the_lock_beside_the_recipes_own_params_says_what_was_run(tmp_path: Path) -> None:
    entry = {"schema": "2.0", "stages": {"evaluate@mine": {"cmd": "true"}}}
    recipe: dict[str, Any] = {"recipes_with_network": {"mine": {}}}
    write_params(tmp_path / "params.yaml", {"heads": {}})
    write_params(tmp_path / "papers/paper/params.yaml", recipe)
    write_params(tmp_path / "dvc.lock", entry)
    assert not run_with_this_code("mine", tmp_path)
    write_params(tmp_path / "papers/paper/dvc.lock", entry)
    assert run_with_this_code("mine", tmp_path)
    change_params(tmp_path / "papers/paper/dvc.lock", "stages", value={"heads@mine": {}})
    assert not run_with_this_code("mine", tmp_path)
    assert not run_with_this_code("another", tmp_path)


def test_figures_that_lack_newer_metrics_are_shown(repository: Path, tmp_path: Path) -> None:
    """Committed figures may be older than a metric."""
    stored = json.loads((repository / "reports/recipes/leaky/metrics.json").read_text())
    for figures in stored["heads"].values():
        del figures["macro_recall"]
    del stored["reference"]
    path = tmp_path / "reports/recipes/leaky/metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(stored))
    (tmp_path / "params.yaml").write_text((repository / "params.yaml").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert "softmax" in output("show", "leaky")
        assert "leaky" in output("compare")
