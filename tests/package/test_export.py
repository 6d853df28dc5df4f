"""A package with its figures, samples and model card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.evaluation.results import read_metrics
from pipeline.package import find
from pipeline.package.export import export
from tests.package import examples


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which a recipe without a network was evaluated."""
    return examples.evaluate_without_network(tmp_path_factory.mktemp("repository"))


@pytest.fixture
def here(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the working directory."""
    monkeypatch.chdir(root)
    return root


def test_an_export_has_the_recipes_own_figures(here: Path) -> None:
    found = export("numbers", "svm", Path("exports/numbers"), progress=False)
    figures = read_metrics("numbers")["heads"]["svm"]
    assert found["tested"]["uar"] == figures["uar"]
    assert list(found["runtimes"]) == ["torch"]
    assert found["runtimes"]["torch"]["uar"] == pytest.approx(figures["uar"]["mean"], abs=1e-6)
    assert json.loads(Path("exports/numbers/export.json").read_text()) == found
    assert find.names() == ["numbers"]


def test_its_samples_are_clips_of_each_emotion_and_sex(here: Path) -> None:
    found = export("numbers", "svm", Path("exports/numbers"), progress=False)
    kinds = {(sample["emotion"], sample["sex"]) for sample in found["samples"]}
    assert len(kinds) == len(found["samples"]) == 6
    assert {sample["fold"] for sample in found["samples"]} <= {0, 1, 2}


def test_its_card_says_what_it_was_trained_and_tested_on(here: Path) -> None:
    export("numbers", "svm", Path("exports/numbers"), progress=False)
    card = Path("exports/numbers/model_card.md").read_text()
    assert "head `svm` on the view itself, without a network" in card
    assert "no speaker and no recording on both sides" in card
    assert "- Lab: CC BY 4.0, **not for commercial use**. The lab" in card
    assert "| lab-00 |" in card


def test_a_failed_export_leaves_the_old_one(here: Path) -> None:
    folder = Layout().exports / "numbers"
    export("numbers", "svm", folder, progress=False)
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(PackageError, match="no head 'forest'; it has svm"):
        export("numbers", "forest", folder, progress=False)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert [path.name for path in folder.parent.iterdir()] == ["numbers"]


@pytest.mark.slow
def test_each_runtime_of_the_networks_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.evaluate_with_network(tmp_path))
    found = export("tiny", "svm", Path("exports/tiny"), prune=0.5, progress=False)
    torch, onnx, int8, pruned = found["runtimes"].values()
    uar = read_metrics("tiny")["heads"]["svm"]["uar"]["mean"]
    assert torch["uar"] == onnx["uar"] == pytest.approx(uar, abs=1e-6)
    assert onnx["largest_difference"] < 1e-4 < int8["largest_difference"]
    assert pruned["largest_difference"] > 1e-4
    assert int8["bytes"] < onnx["bytes"]
    assert find.runtime(Path("exports/tiny")) == "onnx"
    card = Path("exports/tiny/model_card.md").read_text()
    assert "network `tiny` (spectrogram-net) and head `svm`, 3 of each" in card
    assert "pruned (50 % of weights pruned)" in card
