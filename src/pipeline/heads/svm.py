"""A support vector machine with calibrated probabilities.

scikit-learn learns it; what it learned is stored as arrays and read by a few lines here.
``SVC(probability=True)`` is deprecated and its probabilities can contradict its predictions.
One temperature does better: the decisions times a single number, through a softmax. The
number is found on clips that the machine did not learn from, and no prediction changes.
"""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, ClassVar, Final, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, PositiveFloat
from scipy.optimize import minimize_scalar
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pipeline.heads.head import ArrayHead, FitError, Floats, Integers, Labels, softmax
from pipeline.heads.settings import LearnedSettings

PARTS: Final = 5
LINEAR: Final = 0.0
"""What stands for the narrowness of a kernel that has none."""

LIMIT: Final = 1e3
"""How far from one the factor on decisions may go, either way."""


class SvmSettings(LearnedSettings):
    """Settings of a support vector machine on scaled embeddings.

    Attributes:
        kernel: ``gaussian``: what lies near counts; ``linear``: a plane between two classes.
        C: price of a clip on the wrong side; validation chooses among several.
        gamma: narrowness of a Gaussian kernel, or ``scale`` for one by the number of columns;
            validation chooses among several.
        calibration: the clips that calibrate its probabilities: ``validation``, or
            ``training``, by five cross-validated parts that keep a clip's copies together.
    """

    lists: ClassVar[tuple[str, ...]] = ("C", "gamma")

    kind: Literal["svm"]
    kernel: Literal["gaussian", "linear"]
    C: Annotated[tuple[PositiveFloat, ...], Field(min_length=1)]
    gamma: Annotated[tuple[PositiveFloat | Literal["scale"], ...], Field(min_length=1)]
    calibration: Literal["validation", "training"]

    def needs_validation(self) -> dict[str, tuple[str, str]]:
        """See the base class."""
        found = super().needs_validation()
        if self.calibration == "validation":
            found["calibration"] = ("by validation clips", "set calibration: training")
        return found


class Svm(ArrayHead):
    """Each class against each other, by planes or by what lies near.

    Args:
        kernel: ``gaussian``: what lies near counts; ``linear``: a plane between two classes.
        C: price of a row on the wrong side.
        gamma: narrowness of a Gaussian kernel, or ``scale`` for one by the number of columns.
        calibration: the rows that calibrate its probabilities: those given as ``validation``,
            or the ``training`` rows, by cross-validated parts that keep groups together.
    """

    def __init__(
        self,
        kernel: Literal["gaussian", "linear"] = "gaussian",
        C: float = 1.0,  # noqa: N803
        gamma: float | Literal["scale"] = "scale",
        calibration: Literal["validation", "training"] = "training",
    ) -> None:
        self.kernel = kernel
        self.C = C
        self.gamma = gamma
        self.calibration = calibration

    def fitted(self) -> dict[str, float | int]:
        """How many support vectors there are, and the factor on decisions."""
        arrays = self.arrays_
        return {
            "support_vectors": len(arrays["support"]),
            "sharpness": round(float(arrays["sharpness"][0]), 6),
        }

    def _fit(
        self,
        x: Floats,
        codes: Integers,
        validation: tuple[Floats, Integers] | None,
        groups: Labels,
    ) -> None:
        self.arrays_ = self._machine(x, codes)
        if self.calibration == "training":
            decisions = self._cross_validated(x, codes, groups)
        elif validation is None:
            raise FitError("no validation clips to calibrate on; set calibration: training")
        else:
            decisions, codes = _decisions(self.arrays_, validation[0]), validation[1]
        self.arrays_["sharpness"] = np.array([sharpness(decisions, codes)])

    def _probabilities(self, x: Floats) -> Floats:
        return softmax(self.arrays_["sharpness"] * _decisions(self.arrays_, x))

    def _machine(self, x: Floats, codes: Integers) -> dict[str, npt.NDArray[np.float64]]:
        scaler = StandardScaler().fit(x)
        scaled = scaler.transform(x).astype(np.float64)
        # Of numbers that never differ, any width will do.
        scale = 1 / (x.shape[1] * (scaled.var() or 1.0))
        gamma = scale if self.gamma == "scale" else self.gamma
        kernel = "linear" if self.kernel == "linear" else "rbf"
        machine = SVC(C=self.C, kernel=kernel, gamma=gamma).fit(scaled, codes)
        return {
            "mean": scaler.mean_,
            "scale": scaler.scale_,
            "gamma": np.array([LINEAR if self.kernel == "linear" else gamma]),
            "support": machine.support_vectors_,
            **_pairs(machine),
        }

    def _cross_validated(self, x: Floats, codes: Integers, groups: Labels) -> Floats:
        """Decisions on training rows by machines that did not learn from them."""
        parts = min(PARTS, len(set(groups.tolist())), int(np.bincount(codes).min()))
        if parts < 2:
            raise FitError("an emotion has too few training clips to calibrate on")
        decisions = np.zeros((len(x), len(self.classes_)))
        for learn, rest in StratifiedGroupKFold(parts).split(x, codes, groups):
            if len(np.unique(codes[learn])) < len(self.classes_):
                raise FitError("an emotion has too few training clips to calibrate on")
            decisions[rest] = _decisions(self._machine(x[learn], codes[learn]), x[rest])
        return decisions


def sharpness(decisions: Floats, codes: Integers) -> float:
    """The factor on decisions whose softmax has the lowest log loss.

    Example:
        >>> right = np.array([[2.0, 1.0], [1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])
        >>> round(sharpness(right, np.array([0, 1, 0, 0])), 2)  # three of four are right
        1.1
    """
    rows = np.arange(len(codes))

    def loss(power: float) -> float:
        scores = np.exp(power) * decisions
        scores = scores - scores.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scores).sum(axis=1)) - scores[rows, codes]).mean())

    limit = np.log(LIMIT)
    found = minimize_scalar(loss, bounds=(-limit, limit), method="bounded")
    return float(np.exp(found.x))


def _pairs(machine: SVC) -> dict[str, npt.NDArray[np.float64]]:
    """Each pair of classes as one row of weights over all support vectors."""
    ends = np.cumsum([0, *machine.n_support_])
    classes = len(machine.classes_)
    rows = np.zeros((classes * (classes - 1) // 2, len(machine.support_vectors_)))
    for row, (one, other) in zip(rows, combinations(range(classes), 2), strict=True):
        mine, theirs = slice(*ends[one : one + 2]), slice(*ends[other : other + 2])
        row[mine] = machine.dual_coef_[other - 1, mine]
        row[theirs] = machine.dual_coef_[one, theirs]
    # Of two classes alone scikit-learn turns the signs around, to favour the second.
    sign = -1 if classes == 2 else 1
    return {"pairs": sign * rows, "intercept": sign * machine.intercept_}


def _decisions(arrays: dict[str, npt.NDArray[np.float64]], x: Floats) -> Floats:
    """A score per class: the pairs it wins, and by how much as a tie breaker."""
    scaled = (x.astype(np.float64) - arrays["mean"]) / arrays["scale"]
    gamma = float(arrays["gamma"][0])
    support = arrays["support"]
    near = scaled @ support.T if gamma == LINEAR else rbf_kernel(scaled, support, gamma=gamma)
    margins = near @ arrays["pairs"].T + arrays["intercept"]
    classes = round((1 + np.sqrt(1 + 8 * margins.shape[1])) / 2)
    wins, margin = np.zeros((2, len(x), classes))
    for (one, other), column in zip(combinations(range(classes), 2), margins.T, strict=True):
        wins[:, one] += column >= 0
        wins[:, other] += column < 0
        margin[:, one] += column
        margin[:, other] -= column
    return np.asarray(wins + margin / (3 * (np.abs(margin) + 1)))


SETTINGS: Final = SvmSettings
HEAD: Final = Svm
