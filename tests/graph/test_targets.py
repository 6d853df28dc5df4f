"""From the names that people use to DVC's addresses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError
from pipeline.graph.folder import new_folder, refresh
from pipeline.graph.targets import Graph
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("demo", "evaluate@demo"),
        ("train@demo", "train@demo"),
        ("cnn-mel-4", "papers/ijraset/dvc.yaml:evaluate@cnn-mel-4"),
        ("heads@svm-linear", "papers/telugu-ten-models/dvc.yaml:heads@svm-linear"),
        ("index@ravdess", "inputs/dvc.yaml:index@ravdess"),
        ("combine-three", "inputs/dvc.yaml:combine-three"),
        ("ijraset", "papers/ijraset/dvc.yaml"),
        ("papers/ijraset", "papers/ijraset/dvc.yaml"),
        ("papers/ijraset/dvc.yaml:split@cnn-mel-4", "papers/ijraset/dvc.yaml:split@cnn-mel-4"),
        ("compare", "compare"),
    ],
)
def test_a_name_is_enough(target: str, address: str) -> None:
    assert Graph(ROOT).addresses(target) == [address]


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        ("dmo", "demo"),
        ("train@ravdess-hybird", "ravdess-hybrid"),
        ("ijrasset", "it may be|did you"),
    ],
)
def test_a_wrong_name_leads_to_the_nearest(target: str, nearest: str) -> None:
    with pytest.raises(ConfigError, match=nearest):
        Graph(ROOT).addresses(target)


def test_a_recipe_without_a_network_has_no_training() -> None:
    stages = Graph(ROOT).stages
    assert "features@svm-linear" in stages
    assert "train@svm-linear" not in stages
    assert "features@demo" not in stages


def test_a_paper_whose_recipes_are_the_main_pipelines_runs_those() -> None:
    """Its folder has no graph: DVC would take an empty one for the whole repository."""
    assert Graph(ROOT).addresses("gist-hybrid") == [
        "evaluate@ravdess-hybrid",
        "evaluate@ravdess-hybrid-speakers",
    ]


def test_a_new_folder_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params.yaml").write_text("recipes: {}\nrecipes_with_network: {}\n")
    shutil.copytree(ROOT / "stages", tmp_path / "stages")
    monkeypatch.chdir(tmp_path)
    folder = new_folder("smith-2024", title="A CNN for emotions")
    assert (folder / "dvc.yaml").read_bytes() == Path("stages/recipes.yaml").read_bytes()
    with pytest.raises(ConfigError, match="holds no recipe that can be run"):
        Graph().addresses("smith-2024")


def test_changed_stages_are_copied_to_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params.yaml").write_text("recipes: {}\n")
    shutil.copytree(ROOT / "stages", tmp_path / "stages")
    monkeypatch.chdir(tmp_path)
    folder = new_folder("smith-2024")
    assert refresh() == []
    Path("stages/recipes.yaml").write_text("stages: {}\n")
    assert refresh() == [folder / "dvc.yaml"]
    assert (folder / "dvc.yaml").read_text() == "stages: {}\n"


@pytest.mark.parametrize("name", ["Smith 2024", "../x", ""])
def test_a_new_folder_has_a_plain_name(name: str) -> None:
    with pytest.raises(ConfigError, match="small letters"):
        new_folder(name)


def test_a_new_folder_takes_no_name_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigError, match="papers/ijraset is there already"):
        new_folder("ijraset", "studies")
