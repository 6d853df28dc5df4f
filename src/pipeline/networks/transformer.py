"""Transformers over pieces of a clip, from scratch.

An image is cut into patches, a row of numbers into steps; each piece becomes a token,
told its place or not, and an encoder lets every token look at every other. The mean of
the tokens is the embedding.
"""

from __future__ import annotations

import math
from typing import ClassVar, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.config.networks.transformer import TransformerSettings
from pipeline.networks.network import Network

LONGEST_WAVE: Final = 10_000.0


def places(count: int, width: int) -> Tensor:
    """Sines and cosines of falling frequency: one row for each place.

    Example:
        >>> places(3, 4)[0].tolist()
        [0.0, 1.0, 0.0, 1.0]
    """
    rates = torch.exp(-math.log(LONGEST_WAVE) * torch.arange(0, width, 2) / width)
    angles = torch.arange(count)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


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
        self.told = settings.positions == "sine"
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
        if self.told:
            tokens = tokens + places(tokens.shape[1], tokens.shape[2]).to(tokens)
        return self.norm(self.body(self.between(tokens))).mean(dim=1)  # type: ignore[no-any-return]


NETWORK: Final = Transformer
