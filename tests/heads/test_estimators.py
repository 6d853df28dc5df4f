"""Heads as scikit-learn's estimators, which need none of our configuration."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from pipeline.heads import Lightgbm, Mlp, RandomForest, Svm, Xgboost, registry
from pipeline.heads.head import Head
from pipeline.heads.settings import LearnedSettings
from tests.conftest import ROOT
from tests.heads import blobs

HEADS: tuple[type[Head], ...] = (Mlp, Xgboost, Lightgbm, Svm, RandomForest)
of_each = pytest.mark.parametrize("head", HEADS)

VALIDATED = {"early_stopping": None, "calibration": "training"}
"""What params.yaml leaves to validation clips, and how a head does without them by default."""


@parametrize_with_checks([head() for head in HEADS])  # type: ignore[untyped-decorator]
def test_a_head_keeps_scikit_learns_contract(
    estimator: Any, check: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # without it, one check is skipped
    check(estimator)


def test_every_kind_that_learns_is_checked() -> None:
    kinds = [kind for kind in registry.kinds() if hasattr(registry.HEADS.module(kind), "HEAD")]
    assert {registry.HEADS.module(kind).HEAD for kind in kinds} == set(HEADS)


@of_each
def test_a_head_works_without_any_settings(head: type[Head]) -> None:
    x, y = blobs.points(200)
    fitted = head().fit(x, y)
    assert fitted.predict_proba(x).shape == (200, 3)
    assert fitted.score(*blobs.points(300, seed=1)) > 0.6


@of_each
def test_labels_may_be_numbers_and_embeddings_a_data_frame(head: type[Head]) -> None:
    x, y = blobs.points()
    codes = np.unique(y, return_inverse=True)[1]
    frame = pd.DataFrame(x, columns=[f"e{place:03}" for place in range(x.shape[1])])
    fitted = head().fit(frame, codes)
    assert fitted.feature_names_in_.tolist() == frame.columns.tolist()
    assert set(fitted.predict(frame)) <= {0, 1, 2}


@of_each
def test_a_head_goes_into_a_pipeline_and_is_cross_validated(head: type[Head]) -> None:
    pipeline = make_pipeline(StandardScaler(), head())
    assert cross_val_score(pipeline, *blobs.points(150), cv=3).mean() > 0.6


@pytest.mark.parametrize(
    ("head", "grid"),
    [
        (Mlp(rate=0.01), {"alpha": [0.01, 1.0]}),
        (Xgboost(rounds=20), {"max_depth": [2, 3]}),
        (Lightgbm(rounds=20), {"num_leaves": [4, 8]}),
        (Svm(), {"C": [1e-6, 1.0]}),
        (RandomForest(trees=20), {"min_samples_leaf": [1, 4]}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Head) else "",
)
def test_a_grid_search_sets_a_heads_parameters(head: Head, grid: dict[str, list[Any]]) -> None:
    search = GridSearchCV(head, grid, cv=3).fit(*blobs.points(150))
    assert search.best_params_.keys() == grid.keys()
    assert search.best_score_ > 0.6


@of_each
def test_a_clone_has_the_parameters_and_nothing_learned(head: type[Head]) -> None:
    copy = clone(head().fit(*blobs.points()))
    assert copy.get_params() == head().get_params()
    with pytest.raises(NotFittedError):
        copy.predict(blobs.points()[0])


@of_each
def test_defaults_are_those_of_the_set_all(head: type[Head]) -> None:
    kind = registry.describe(head())["kind"]
    settings = registry.load_heads("all", ROOT)[kind]
    assert isinstance(settings, LearnedSettings)
    written = settings.model_dump(exclude={"kind", "search"})
    defaults = head().settings()
    assert defaults.keys() == written.keys()
    for name, value in written.items():
        if name in VALIDATED:
            assert defaults[name] == VALIDATED[name]
        elif name in settings.lists:
            assert defaults[name] in value
        else:
            assert defaults[name] == value, name


def test_importing_the_package_imports_no_library() -> None:
    code = (
        "import sys, pipeline.heads, pipeline.heads.registry\n"
        "print(sorted({'sklearn', 'xgboost', 'lightgbm', 'torch', 'optuna'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_unknown_head_is_no_attribute() -> None:
    with pytest.raises(ImportError, match="Svn"):
        from pipeline.heads import Svn  # noqa: F401
