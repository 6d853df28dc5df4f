"""The figure that chooses and compares everywhere."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import recall_score

from pipeline.core.scores import uar


def test_uar_is_scikit_learns_macro_recall() -> None:
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(8, size=(2, 500))
    assert uar(true, predicted) == recall_score(true, predicted, average="macro")


def test_a_class_that_does_not_occur_does_not_count() -> None:
    assert uar(np.array(["sad", "sad"]), np.array(["sad", "angry"])) == 0.5
