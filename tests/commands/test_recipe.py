"""``ser recipe``, as its users call it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.commands.recipe import app
from pipeline.config.base import read_params
from tests.conftest import ROOT

GIST = Path("papers/gist-hybrid")


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the repository's params.yaml and dvc.yaml files, and some figures."""
    for name in ("params.yaml", "dvc.yaml"):
        for path in (ROOT / name, *ROOT.glob(f"*/{name}"), *ROOT.glob(f"*/*/{name}")):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy, follow_symlinks=False)
    shutil.copytree(ROOT / "stages", tmp_path / "stages")
    for recipe in ("cnn-8", "demo"):
        shutil.copytree(ROOT / "reports/recipes" / recipe, tmp_path / "reports/recipes" / recipe)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def output(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.stderr
    return done.output


def error(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 1
    return done.stderr


def listed(*words: str) -> dict[str, Any]:
    return {row["recipe"]: row for row in json.loads(output("list", "--json", *words))["recipes"]}


def test_list_shows_every_recipe_with_what_it_is_made_of() -> None:
    row = listed()["cnn-8-speakers"]
    assert (row["folder"], row["dataset"]) == ("papers/ravdess-cnn-rnn", "ravdess")
    assert (row["protocol"], row["network"], row["heads"]) == ("ravdess-six", "plain", "softmax")
    assert row["figures"] == ["cnn-8"] and not row["run_with_this_code"]


def test_list_of_a_folder_has_its_recipes_alone() -> None:
    assert set(listed("--folder", ".")) == {"demo", "ravdess-hybrid", "ravdess-hybrid-speakers"}
    assert set(listed("--folder", "ijraset")) == set(listed("--folder", "papers/ijraset"))


def test_list_fits_a_terminal() -> None:
    lines = output("list").splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split()[:2] == ["cnn-8-speakers", "ravdess"] for line in lines)


def test_list_names_the_nearest_folder() -> None:
    assert "did you mean 'papers/ijraset'" in error("list", "--folder", "papers/ijrasset")


def test_show_says_what_a_recipe_takes() -> None:
    data = json.loads(output("show", "cnn-8", "--json"))
    assert data["stages"] == [
        f"papers/ravdess-cnn-rnn/dvc.yaml:{stage}@cnn-8"
        for stage in ("split", "train", "embed", "heads", "evaluate")
    ]
    assert (data["networks"], data["corpora"], data["evaluated"]) == (5, ["ravdess"], True)
    assert data["estimate"]["basis"].startswith("when it was last run")
    words = " ".join(output("show", "cnn-8").split())
    assert "the page: dvc pull reports/recipes/cnn-8/report.html" in words


def test_show_takes_the_time_of_a_recipe_like_it() -> None:
    own = json.loads(output("show", "cnn-8", "--json"))["estimate"]
    shutil.rmtree("reports/recipes/demo")
    like = json.loads(output("show", "cnn-8-speakers", "--json"))["estimate"]
    assert like["seconds"] == pytest.approx(own["seconds"] * 6 / 5, abs=0.1)
    assert like["basis"].startswith("6 networks as in cnn-8")
    assert json.loads(output("show", "lstm-8", "--json"))["estimate"] is None


def test_show_names_the_nearest() -> None:
    assert "did you mean 'demo'?" in error("show", "dmo")


def test_new_adds_a_recipe_and_keeps_the_rest() -> None:
    path = GIST / "params.yaml"
    before = path.read_text()
    said = output(
        *("new", "mine", "--in", "gist-hybrid", "--like", "ravdess-hybrid"),
        *("--set", "title=Mine: two seeds", "--set", "seeds=[0, 1]"),
    )
    assert said == f"mine is in {path}; fill it in there, then: ser run mine\n"
    recipe = read_params(path)["recipes"]["mine"]
    like = read_params(Path("params.yaml"))["recipes"]["ravdess-hybrid"]
    assert recipe == {**like, "title": "Mine: two seeds", "seeds": [0, 1]}
    assert [line for line in before.splitlines() if line not in path.read_text()] == [
        "recipes_with_network: &with_network {}"
    ]
    assert (GIST / "dvc.yaml").read_bytes() == Path("stages/recipes.yaml").read_bytes()
    assert listed("--folder", "gist-hybrid").keys() == {"mine"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("demo", "--in", "gist-hybrid"), "params.yaml: 'demo' is there already"),
        (("My recipe", "--in", "gist-hybrid"), "small letters, digits and hyphens"),
        (("mine", "--in", "gist-hybird"), "did you mean 'gist-hybrid'?"),
        (("mine", "--in", "gist-hybrid", "--like", "dmo"), "did you mean 'demo'?"),
        (("mine", "--in", "gist-hybrid", "--set", "seds=[1]"), "did you mean 'seeds'?"),
        (("mine", "--in", "gist-hybrid", "--set", "seeds"), "KEY=VALUE"),
        (("mine", "--in", "gist-hybrid", "--set", "network=smal"), "did you mean 'small'?"),
    ],
)
def test_new_refuses_what_is_wrong_and_changes_nothing(words: tuple[str, ...], line: str) -> None:
    before = (GIST / "params.yaml").read_text()
    assert line in error("new", *words)
    assert (GIST / "params.yaml").read_text() == before
    assert not (GIST / "dvc.yaml").exists()


def test_set_changes_one_line_and_names_who_shares_it() -> None:
    before = Path("params.yaml").read_text().splitlines()
    said = output("set", "demo", "heads.xgboost.max_depth=5").replace("\n", " ")
    after = Path("params.yaml").read_text().splitlines()
    assert [
        (old.strip(), new.strip()) for old, new in zip(before, after, strict=True) if old != new
    ] == [("max_depth: 3", "max_depth: 5")]
    assert said.startswith("params.yaml: heads.all.xgboost.max_depth was 3, is 5")
    assert "this changes as well: ravdess-hybrid, ravdess-hybrid-speakers" in said


def test_set_reaches_a_recipe_in_its_folder() -> None:
    output("set", "cnn-8", "seeds=[0, 1]")
    assert read_params(Path("papers/ravdess-cnn-rnn/params.yaml"))["recipes"]["cnn-8"]["seeds"] == [
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("dmo", "seeds=[1]"), "did you mean 'demo'?"),
        (("demo", "netwrk=wide"), "did you mean 'network'?"),
        (("demo", "network=wid"), "did you mean 'wide'?"),
        (("demo", "network.widht=8"), "did you mean 'width'?"),
        (("demo", "network.width=many"), "should be a valid integer; nothing was changed"),
    ],
)
def test_set_refuses_what_is_wrong_and_changes_nothing(words: tuple[str, ...], line: str) -> None:
    before = Path("params.yaml").read_text()
    assert line in error("set", *words)
    assert Path("params.yaml").read_text() == before
