"""What every head is: an estimator as scikit-learn has them, stored without pickles."""

from __future__ import annotations

from abc import abstractmethod
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    validate_data,
)
from threadpoolctl import ThreadpoolController

from pipeline.core.errors import HeadError

Floats = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]
Validation = tuple[npt.ArrayLike, npt.ArrayLike] | None

UNSTORED: Final = frozenset({"n_jobs"})
"""Parameters that change how long a fit takes and nothing else."""

DTYPES: Final = (np.float64, np.float32)
"""What numbers may be; any others become the first."""


class FitError(HeadError, ValueError):
    """A head cannot learn from such rows; scikit-learn expects a ``ValueError``."""


class Head(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The base of all heads that learn.

    A kind of head takes its parameters in ``__init__`` under their own names, and gives
    four methods: ``_fit`` and ``_probabilities``, ``store`` and ``restore``.

    Attributes:
        classes_: the labels, sorted; the columns of ``predict_proba``.
        n_features_in_: numbers in an embedding.
    """

    suffix: ClassVar[str]
    """How the name of the stored file ends."""

    classes_: Labels
    n_features_in_: int

    def fit(
        self,
        X: npt.ArrayLike,  # noqa: N803
        y: npt.ArrayLike,
        validation: Validation = None,
        groups: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn from embeddings.

        Args:
            X: one embedding per row.
            y: their labels.
            validation: embeddings and labels for early stopping and calibration, if any.
            groups: a label per row; rows of one group stay together where rows are divided,
                such as a clip and its copies; every row for itself if not given.

        Raises:
            ValueError: the rows are no finite numbers, or there is nothing to learn from them.
        """
        x, y = validate_data(self, X, y, dtype=DTYPES, order="C")
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise FitError("the rows are of one class; a head needs at least two to learn from")
        together = np.arange(len(x)) if groups is None else np.asarray(groups)
        check_consistent_length(x, together)
        # On one thread sums have one order: the same weights on any number of cores.
        with _threads().limit(limits=1, user_api="blas"):
            self._fit(x, codes, self._known(validation), together)
        return self

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:  # noqa: N803
        """Probability of each class for each row."""
        check_is_fitted(self)
        x = validate_data(self, X, reset=False, dtype=DTYPES, order="C")
        with _threads().limit(limits=1, user_api="blas"):
            values = np.asarray(self._probabilities(x), dtype=np.float64)
        return np.asarray(values / values.sum(axis=1, keepdims=True))

    def predict(self, X: npt.ArrayLike) -> Labels:  # noqa: N803
        """The likeliest class of each row."""
        columns = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[columns])

    def settings(self) -> dict[str, Any]:
        """The parameters that make the head what it is."""
        params: dict[str, Any] = self.get_params()
        return {name: value for name, value in params.items() if name not in UNSTORED}

    def fitted(self) -> dict[str, float | int]:
        """What fitting found that no setting says, such as where it stopped."""
        return {}

    @abstractmethod
    def _fit(
        self,
        x: Floats,
        codes: Integers,
        validation: tuple[Floats, Integers] | None,
        groups: Labels,
    ) -> None:
        """Learn; labels are places in ``classes_``."""

    @abstractmethod
    def _probabilities(self, x: Floats) -> Floats:
        """A probability per row and class."""

    @abstractmethod
    def store(self, path: Path) -> None:
        """Write what was learned."""

    @abstractmethod
    def restore(self, path: Path) -> None:
        """Read what was learned."""

    def _known(self, validation: Validation) -> tuple[Floats, Integers] | None:
        """The validation rows whose label occurs in training, with places for labels."""
        if validation is None:
            return None
        x = validate_data(self, validation[0], reset=False, dtype=DTYPES, order="C")
        y = np.asarray(validation[1])
        check_consistent_length(x, y)
        known = np.isin(y, self.classes_)
        return x[known], np.searchsorted(self.classes_, y[known])


class ArrayHead(Head):
    """A head that is nothing but arrays, and predicts by them alone.

    Attributes:
        arrays_: what was learned.
    """

    suffix = ".safetensors"
    arrays_: dict[str, npt.NDArray[Any]]

    def store(self, path: Path) -> None:
        """Write the arrays."""
        save_file({name: np.ascontiguousarray(item) for name, item in self.arrays_.items()}, path)

    def restore(self, path: Path) -> None:
        """Read the arrays."""
        self.arrays_ = load_file(path)


@cache
def _threads() -> ThreadpoolController:
    # Looking for the libraries takes longer than most heads take to predict.
    return ThreadpoolController()


def softmax(scores: Floats) -> Floats:
    """Probabilities of scores.

    Example:
        >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]])).tolist()
        [[0.5, 0.5], [1.0, 0.0]]
    """
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
