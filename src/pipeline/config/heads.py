"""Settings of heads: what classifies embeddings.

Validation clips may choose in three ways: among the values of a list, by a search over
the ranges of :mod:`pipeline.heads.choice`, and by early stopping. A recipe whose training
leaves no validation clips takes single values, ``search: null`` and no early stopping.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator

from pipeline.config.base import Settings

Share = Annotated[float, Field(gt=0, le=1)]
NonNegative = Annotated[float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class SearchSettings(Settings):
    """A search by Optuna's TPE sampler, judged by validation UAR.

    Attributes:
        trials: settings drawn, besides the written ones, which are always tried first.
        seed: of the draws.
    """

    trials: Annotated[int, Field(ge=1, le=1000)]
    seed: Seed


class SoftmaxSettings(Settings):
    """The network's own answer; nothing is fitted."""

    kind: Literal["softmax"]


class MlpSettings(Settings):
    """A small network of dense layers on scaled embeddings.

    Attributes:
        hidden: widths of the hidden layers.
        alpha: strength of the L2 penalty; validation chooses among several.
        rate: Adam's learning rate.
        epochs: passes over the training clips; none is left out and none is chosen.
        batch: clips per step.
        seed: of the first weights and the order of clips.
    """

    kind: Literal["mlp"]
    hidden: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    alpha: Annotated[tuple[NonNegative, ...], Field(min_length=1)]
    rate: PositiveFloat
    epochs: PositiveInt
    batch: PositiveInt
    seed: Seed


class BoosterSettings(Settings):
    """What boosted trees share, whoever grows them.

    Attributes:
        rounds: of boosting, at most; each grows a tree per emotion.
        learning_rate: share of each tree's answer that is added.
        subsample: share of the clips that a round sees.
        colsample: share of the embedding's numbers that a tree sees.
        reg_lambda: L2 penalty on the leaves.
        bins: into which each of the embedding's numbers is sorted; half of them is half the
            time, and 64 lose nothing on embeddings.
        early_stopping: rounds without a lower log loss on the validation clips before
            stopping at the best; null to grow all.
        seed: of the draws.
        search: null for the values above as they are.
    """

    rounds: PositiveInt
    learning_rate: Share
    subsample: Share
    colsample: Share
    reg_lambda: NonNegative
    bins: Annotated[int, Field(ge=2, le=1024)]
    early_stopping: PositiveInt | None
    seed: Seed
    search: SearchSettings | None


class XgboostSettings(BoosterSettings):
    """Boosted trees by XGBoost.

    Attributes:
        max_depth: of a tree.
        min_child_weight: least weight of the clips in a leaf.
    """

    kind: Literal["xgboost"]
    max_depth: Annotated[int, Field(ge=1, le=16)]
    min_child_weight: NonNegative


class LightgbmSettings(BoosterSettings):
    """Boosted trees by LightGBM.

    Attributes:
        num_leaves: of a tree, at most.
        min_child_samples: fewest clips in a leaf.
    """

    kind: Literal["lightgbm"]
    num_leaves: Annotated[int, Field(ge=2, le=4096)]
    min_child_samples: PositiveInt


class SvmSettings(Settings):
    """A support vector machine on scaled embeddings.

    Attributes:
        kernel: ``gaussian``: what lies near counts; ``linear``: a plane between two classes.
        C: price of a clip on the wrong side; validation chooses among several.
        gamma: narrowness of a Gaussian kernel, or ``scale`` for one by the number of columns;
            validation chooses among several.
        calibration: the clips that say how sure its answers are: ``validation``, or
            ``training``, by five cross-validated parts that keep a clip's copies together.
    """

    kind: Literal["svm"]
    kernel: Literal["gaussian", "linear"]
    C: Annotated[tuple[PositiveFloat, ...], Field(min_length=1)]
    gamma: Annotated[tuple[PositiveFloat | Literal["scale"], ...], Field(min_length=1)]
    calibration: Literal["validation", "training"]


class RandomForestSettings(Settings):
    """Many trees that each saw other clips, and vote.

    Attributes:
        trees: how many.
        max_depth: of a tree; null for as deep as it takes.
        min_samples_leaf: fewest clips in a leaf.
        max_features: share of the embedding's numbers that a split looks at, or ``sqrt``.
        seed: of the draws.
        search: null for the values above as they are.
    """

    kind: Literal["random-forest"]
    trees: PositiveInt
    max_depth: PositiveInt | None
    min_samples_leaf: PositiveInt
    max_features: Share | Literal["sqrt"]
    seed: Seed
    search: SearchSettings | None


class VoteSettings(Settings):
    """The mean of other heads' probabilities.

    Attributes:
        members: names in the section ``heads``; none of them a vote.
        weights: how much each counts.
    """

    kind: Literal["vote"]
    members: Annotated[tuple[str, ...], Field(min_length=2)]
    weights: Literal["equal"]

    @field_validator("members")
    @classmethod
    def _once_each(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is named twice")
        return names


LearnedSettings = (
    MlpSettings | XgboostSettings | LightgbmSettings | SvmSettings | RandomForestSettings
)
"""Heads that learn from embeddings."""

LISTS: Final = {"mlp": ("alpha",), "svm": ("C", "gamma")}
"""Keys of each kind that list values for validation to choose among."""

HeadSettings = Annotated[
    SoftmaxSettings
    | MlpSettings
    | XgboostSettings
    | LightgbmSettings
    | SvmSettings
    | RandomForestSettings
    | VoteSettings,
    Field(discriminator="kind"),
]
