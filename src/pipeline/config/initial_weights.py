"""Settings of initial weights: what a training begins from."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.config.base import Settings


class RandomWeightsSettings(Settings):
    """All weights are drawn.

    Attributes:
        source: what draws them, watched for changes.
    """

    kind: Literal["random"]
    source: str


class RecipeWeightsSettings(Settings):
    """The networks of another recipe's first fold, but for the last layer.

    Seed by seed, or its only network for every seed.

    Attributes:
        recipe: whose networks; they must not have learned from a speaker who is tested by
            the recipe that begins from them.
        source: its networks' folder, watched for changes.
    """

    kind: Literal["recipe"]
    recipe: str
    source: str


class ImagenetWeightsSettings(Settings):
    """Weights that AlexNet or VGG learned on ImageNet, as torchvision publishes them.

    Attributes:
        layout: whose.
        file: torchvision's file, where it is on this machine already; null to fetch it.
        source: the same file, or what knows where to fetch it: watched for changes.
    """

    kind: Literal["imagenet"]
    layout: Literal["alexnet", "vgg16", "vgg19"]
    file: str | None
    source: str

    @model_validator(mode="after")
    def _watched(self) -> Self:
        if self.file is not None and self.file != self.source:
            raise ValueError(f"source: should be the file, {self.file!r}, so that DVC watches it")
        return self


InitialWeightsSettings = Annotated[
    RandomWeightsSettings | RecipeWeightsSettings | ImagenetWeightsSettings,
    Field(discriminator="kind"),
]
