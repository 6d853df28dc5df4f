"""Weights and figures that do not belong together are never packed together."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.package import package
from pipeline.package.export import export
from tests.package import examples

CURE = "make them together with: ser run"


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which a recipe without a network was evaluated."""
    return examples.evaluate_without_network(tmp_path_factory.mktemp("evaluated"))


@pytest.fixture
def numbers(evaluated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A copy of it to spoil, as the working directory."""
    shutil.copytree(evaluated, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return Layout()


@pytest.fixture
def tiny(root: Path, tmp_path: Path) -> Layout:
    """A copy of a repository in which a recipe with a network was run."""
    shutil.copytree(root, tmp_path / "copy")
    return Layout(tmp_path / "copy")


def change(path: Path, edit: Callable[[Any], None]) -> None:
    data = json.loads(path.read_text())
    edit(data)
    path.write_text(json.dumps(data))


def refused(layout: Layout, words: str, recipe: str = "numbers") -> None:
    """An export is refused in one line, and leaves nothing."""
    with pytest.raises(PackageError, match=words) as error:
        export(recipe, "svm", Path("exports/new"), progress=False)
    assert f"{CURE} {recipe}" in str(error.value)
    assert "\n" not in str(error.value)
    assert not Path("exports/new").exists()


def test_a_network_that_is_not_the_one_described_is_refused(tiny: Layout, tmp_path: Path) -> None:
    first, second, *_ = sorted(tiny.networks("tiny").glob("*.safetensors"))
    shutil.copyfile(second, first)
    words = rf"{first.name}: is not the file that .*about\.json describes; {CURE} tiny"
    with pytest.raises(PackageError, match=words):
        package.gather("tiny", "svm", tmp_path / "package", tiny.root)


def test_a_head_of_another_network_is_refused(tiny: Layout, tmp_path: Path) -> None:
    def edit(data: Any) -> None:
        for one in data["heads"]:
            one["network_weights"] = "0" * 64

    change(tiny.heads("tiny") / "about.json", edit)
    words = rf"the head 'svm' of fold-0-seed-0 was fitted on something else than what .*; {CURE}"
    with pytest.raises(PackageError, match=words):
        package.gather("tiny", "svm", tmp_path / "package", tiny.root)


def test_a_head_that_is_not_the_one_described_is_refused(numbers: Layout) -> None:
    path = next(numbers.heads("numbers").glob("*/svm.safetensors"))
    path.write_bytes(path.read_bytes() + b"\0")
    refused(numbers, r"svm.*: is not the file that .*about\.json describes")


def test_a_head_of_another_view_is_refused(numbers: Layout) -> None:
    with (numbers.view("lab-numbers") / "rows.csv").open("a") as file:
        file.write("lab/new,,,0.0\n")
    refused(numbers, r"was fitted on something else than what .*rows\.csv holds")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("tested", "0123456789abcdef", "a hash of the tested clips: 0123456789abcdef, and "),
        ("folds", 6, "folds: 6, and 3 by models and predictions"),
        ("seeds", [0, 1], "seeds: 0, 1, and 0 by models"),
        ("classes", ["sad"], "emotions: sad, and happy, sad, angry by models"),
        ("heads", {}, "the head: none, and svm by models"),
    ],
)
def test_figures_of_another_run_are_refused(
    numbers: Layout, key: str, value: Any, words: str
) -> None:
    path = numbers.report("numbers") / "metrics.json"
    change(path, lambda data: data.update({key: value}))
    refused(numbers, rf"metrics\.json: {words}")


def test_a_figure_that_the_weights_do_not_read_is_refused(numbers: Layout) -> None:
    def edit(data: Any) -> None:
        data["heads"]["svm"]["uar"]["mean"] -= 0.02

    change(numbers.report("numbers") / "metrics.json", edit)
    refused(numbers, r"its weights read .* % UAR on the tested clips, and .*metrics\.json says")


def test_predictions_of_other_clips_are_refused(numbers: Layout) -> None:
    path = numbers.predictions("numbers")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[table["role"] == "test", "speaker"] += "-other"
    table.to_csv(path, index=False)
    refused(numbers, "a hash of the tested clips")


def test_what_belongs_together_is_exported(numbers: Layout) -> None:
    assert export("numbers", "svm", Path("exports/new"), progress=False)["head"] == "svm"
