"""A small network of dense layers on scaled embeddings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from pipeline.heads.head import ArrayHead, Floats, Integers, Labels, softmax
from pipeline.heads.settings import LearnedSettings, NonNegative, Seed


class MlpSettings(LearnedSettings):
    """Settings of a small network of dense layers on scaled embeddings.

    Attributes:
        hidden: widths of the hidden layers.
        alpha: strength of the L2 penalty; validation chooses among several.
        rate: Adam's learning rate.
        epochs: passes over the training clips; none is left out and none is chosen.
        batch: clips per step.
        seed: of the first weights and the order of clips.
    """

    lists: ClassVar[tuple[str, ...]] = ("alpha",)

    kind: Literal["mlp"]
    hidden: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    alpha: Annotated[tuple[NonNegative, ...], Field(min_length=1)]
    rate: PositiveFloat
    epochs: PositiveInt
    batch: PositiveInt
    seed: Seed


class Mlp(ArrayHead):
    """Dense layers with ReLU, trained by Adam for a fixed number of epochs.

    Args:
        hidden: widths of the hidden layers.
        alpha: strength of the L2 penalty.
        rate: Adam's learning rate.
        epochs: passes over the rows.
        batch: rows per step.
        seed: of the first weights and the order of rows.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (64,),
        alpha: float = 0.1,
        rate: float = 0.001,
        epochs: int = 30,
        batch: int = 64,
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.alpha = alpha
        self.rate = rate
        self.epochs = epochs
        self.batch = batch
        self.seed = seed

    def _fit(
        self,
        x: Floats,
        codes: Integers,
        validation: tuple[Floats, Integers] | None,
        groups: Labels,
    ) -> None:
        scaler = StandardScaler().fit(x)
        network = MLPClassifier(
            hidden_layer_sizes=tuple(self.hidden),
            alpha=self.alpha,
            batch_size=min(self.batch, len(x)),
            learning_rate_init=self.rate,
            max_iter=self.epochs,
            n_iter_no_change=self.epochs,
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            # All epochs are always run, and it need not have converged by then.
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(scaler.transform(x), codes)
        self.arrays_ = {"mean": scaler.mean_, "scale": scaler.scale_}
        for depth, (weight, bias) in enumerate(
            zip(network.coefs_, network.intercepts_, strict=True)
        ):
            self.arrays_ |= {f"weight_{depth}": weight, f"bias_{depth}": bias}

    def _probabilities(self, x: Floats) -> Floats:
        arrays = self.arrays_
        last = len(self.hidden)
        flow = ((x - arrays["mean"]) / arrays["scale"]).astype(arrays["weight_0"].dtype)
        for depth in range(last):
            flow = np.maximum(flow @ arrays[f"weight_{depth}"] + arrays[f"bias_{depth}"], 0)
        scores = (flow @ arrays[f"weight_{last}"] + arrays[f"bias_{last}"]).astype(np.float64)
        if scores.shape[1] == 1:  # of two classes scikit-learn learns the second one's score
            scores = np.hstack([np.zeros_like(scores), scores])
        return softmax(scores)


SETTINGS: Final = MlpSettings
HEAD: Final = Mlp
