"""Transformers over pieces of a clip, from scratch.

An image is cut into patches, a row of numbers into steps; each piece becomes a token,
with or without its position, and an encoder lets every token look at every other. The mean of
the tokens is the embedding.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Final, Literal, Self

import torch
from pydantic import Field, PositiveInt, model_validator
from torch import Tensor, nn
from torch.nn import functional

from pipeline.networks.network import Network
from pipeline.networks.settings import Dropout, NetworkSettings, Width

LONGEST_WAVE: Final = 10_000.0


def positions(count: int, width: int) -> Tensor:
    """Sines and cosines of falling frequency: one row for each position.

    Example:
        >>> positions(3, 4)[0].tolist()
        [0.0, 1.0, 0.0, 1.0]
    """
    rates = torch.exp(-math.log(LONGEST_WAVE) * torch.arange(0, width, 2) / width)
    angles = torch.arange(count)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


class TransformerSettings(NetworkSettings):
    """Settings of transformers.

    Attributes:
        step: numbers of a vector that make one token.
        patch: bands and frames of an image that make one token.
        width: of a token's embedding.
        layers: of the encoder.
        heads: of its attention.
        between: dropout inside the encoder.
        positions: ``none``: tokens are a set; ``sine``: a sine of its position is added to each.
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


class Transformer(Network):
    """Tokens, an encoder, their mean."""

    takes: ClassVar[str] = "images, or rows of numbers"
    axes: ClassVar[int | None] = None
    smallest: ClassVar[int] = 1

    def __init__(
        self, settings: TransformerSettings, shape: tuple[int, ...], emotions: int
    ) -> None:
        super().__init__(settings, shape, settings.width, emotions)
        self.step = settings.step
        self.patch = (min(settings.patch[0], shape[1]), min(settings.patch[1], shape[-1]))
        piece = shape[0] * math.prod(self.patch) if len(shape) == 3 else settings.step
        self.token = nn.Linear(piece, settings.width)
        self.positioned = settings.positions == "sine"
        self.between = nn.Dropout(settings.between)
        layer = nn.TransformerEncoderLayer(
            settings.width,
            settings.heads,
            dim_feedforward=4 * settings.width,
            dropout=settings.between,
            batch_first=True,
            norm_first=True,
        )
        self.body = nn.TransformerEncoder(layer, settings.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(settings.width)

    def pieces(self, rows: Tensor) -> Tensor:
        """Clips x tokens x numbers; what does not fill a piece is filled up with zeros."""
        if rows.dim() == 3:
            flat = rows.flatten(1)
            whole = functional.pad(flat, (0, -flat.shape[1] % self.step))
            return whole.reshape(len(rows), -1, self.step)
        tall, long = self.patch
        rows = functional.pad(rows, (0, -rows.shape[3] % long, 0, -rows.shape[2] % tall))
        clips, channels, height, width = rows.shape
        cut = rows.reshape(clips, channels, height // tall, tall, width // long, long)
        return cut.permute(0, 2, 4, 1, 3, 5).reshape(clips, -1, channels * tall * long)

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        tokens = self.token(self.pieces(rows))
        if self.positioned:
            tokens = tokens + positions(tokens.shape[1], tokens.shape[2]).to(tokens)
        return self.norm(self.body(self.between(tokens))).mean(dim=1)  # type: ignore[no-any-return]


SETTINGS: Final = TransformerSettings
NETWORK: Final = Transformer
