"""Settings of transformers."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from pipeline.config.networks.network import Dropout, NetworkSettings, Width


class TransformerSettings(NetworkSettings):
    """See :mod:`pipeline.networks.transformer`.

    Attributes:
        step: numbers of a vector that make one token.
        patch: bands and frames of an image that make one token.
        width: of a token's embedding.
        layers: of the encoder.
        heads: of its attention.
        between: dropout inside the encoder.
        positions: ``none``: tokens are a set; ``sine``: each is told its place.
    """

    kind: Literal["transformer"]
    step: PositiveInt
    patch: tuple[PositiveInt, PositiveInt]
    width: Width
    layers: Annotated[int, Field(ge=1, le=24)]
    heads: PositiveInt
    between: Dropout
    positions: Literal["none", "sine"]

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.width % (2 * self.heads):
            raise ValueError(f"width should be a multiple of {2 * self.heads}, twice the heads")
        return self


SETTINGS: Final = TransformerSettings
