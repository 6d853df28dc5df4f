"""Settings of starts: where the first weights of a training come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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


StartSettings = Annotated[ScratchStart | RecipeStart, Field(discriminator="kind")]
