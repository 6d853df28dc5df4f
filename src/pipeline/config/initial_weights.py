"""Settings of starts: where the first weights of a training come from."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.config.base import Settings


class ScratchStart(Settings):
    """All weights are drawn.

    Attributes:
        source: what the start is made from, watched for changes.
    """

    kind: Literal["scratch"]
    source: str


class RecipeStart(Settings):
    """The networks of another recipe's first fold, but for the last layer.

    Seed by seed, or its only network for every seed.

    Attributes:
        recipe: whose networks; they must not have heard anyone whom their heir is tested on.
        source: its networks' folder, watched for changes.
    """

    kind: Literal["recipe"]
    recipe: str
    source: str


class ImagenetStart(Settings):
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


StartSettings = Annotated[ScratchStart | RecipeStart | ImagenetStart, Field(discriminator="kind")]
