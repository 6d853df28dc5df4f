"""A head with its networks in one folder predicts as it was tested."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import PackageError
from pipeline.package import package
from tests.heads import blobs
from tests.training import tiny

OUT_OF_FOLD = {"kind": "out-of-fold", "parts": 2}


@pytest.fixture(scope="module", params=["plain", "out-of-fold"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A repository in which a recipe was run, the recipe, and its predictions."""
    root = tmp_path_factory.mktemp("repository")
    changes: dict[str, Any] = {} if request.param == "plain" else {"embeddings": OUT_OF_FOLD}
    recipe = tiny.recipe(**changes)
    vote = {"members": ["softmax", "svm", "xgboost"]}
    known = {name: blobs.settings(name) for name in ("softmax", "svm", "xgboost")}
    known["vote"] = blobs.settings("vote", **vote)
    return root, recipe, tiny.run_stages(root, recipe, known)


@pytest.mark.parametrize("head", ["softmax", "svm", "xgboost", "vote"])
def test_each_run_predicts_as_it_was_tested(ran: Any, head: str, tmp_path: Path) -> None:
    root, recipe, predictions = ran
    package.gather("tiny", head, tmp_path / "package", root)
    whole = package.open_package(tmp_path / "package")
    for fold, run in enumerate(whole.runs):
        rows = recipe.rows(fold, "test")
        probabilities = whole.predict_run(run, np.asarray(recipe.view.array[rows["row"]]))
        tested = predictions[
            (predictions["head"] == head)
            & (predictions["fold"] == fold)
            & (predictions["role"] == "test")
        ].set_index("clip")
        columns = [f"p_{emotion}" for emotion in tiny.EMOTIONS]
        assert np.abs(probabilities - tested.loc[rows["clip"], columns].to_numpy()).max() < 1e-5


def test_a_package_is_the_mean_of_its_runs(ran: Any, tmp_path: Path) -> None:
    root, recipe, _ = ran
    package.gather("tiny", "svm", tmp_path / "package", root)
    whole = package.open_package(tmp_path / "package")
    images = np.asarray(recipe.view.array[:4])
    alone = [dataclasses.replace(whole, runs=(run,)) for run in whole.runs]
    assert len(alone) == 3
    mean = np.mean([one.predict_proba(images) for one in alone], axis=0)
    assert np.allclose(whole.predict_proba(images), mean)


def test_rows_of_another_view_are_one_line(ran: Any, tmp_path: Path) -> None:
    root, _, _ = ran
    package.gather("tiny", "softmax", tmp_path / "package", root)
    with pytest.raises(PackageError, match=r"\[8, 8\]; the model takes \[32, 32\]"):
        package.open_package(tmp_path / "package").predict_proba(np.zeros((1, 8, 8), np.uint8))


def test_an_unknown_head_is_answered_with_the_known_ones(ran: Any, tmp_path: Path) -> None:
    root, _, _ = ran
    with pytest.raises(PackageError, match="it has softmax, svm, vote, xgboost"):
        package.gather("tiny", "forest", tmp_path / "package", root)


def test_damaged_weights_are_one_line(ran: Any, tmp_path: Path) -> None:
    root, _, _ = ran
    package.gather("tiny", "softmax", tmp_path / "package", root)
    (tmp_path / "package/networks/fold-1-seed-0.safetensors").write_bytes(b"no weights")
    with pytest.raises(PackageError, match=r"fold-1-seed-0\.safetensors"):
        package.open_package(tmp_path / "package")


def test_predictions_have_a_row_for_every_head_and_tested_clip(ran: Any) -> None:
    predictions: pd.DataFrame = ran[2]
    tested = predictions[predictions["role"] == "test"]
    assert len(tested) == 4 * len(tiny.clips())
