"""Which layers of a frozen speech encoder to listen to, learned.

Early layers tell voices apart, late ones words; what tells emotions apart lies between.
One weight for each layer is learned, and what they add up to goes through a dense layer.
"""

from __future__ import annotations

from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from pipeline.config.networks.layers import LayersSettings
from pipeline.networks.network import Network


class Layers(Network):
    """A weighted mean of layers, then a dense layer with ReLU."""

    takes: ClassVar[str] = "layers of an encoder, as speech views have them"
    axes: ClassVar[int | None] = 3
    smallest: ClassVar[int] = 1

    def __init__(self, settings: LayersSettings, shape: tuple[int, ...], emotions: int) -> None:
        super().__init__(settings, shape, settings.width, emotions)
        self.scores = nn.Parameter(torch.zeros(shape[1]))
        self.body = nn.Sequential(
            nn.Dropout(settings.between), nn.Linear(shape[2], settings.width), nn.ReLU()
        )

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        shares = self.scores.softmax(dim=0)
        return self.body(torch.einsum("l,ncld->nd", shares, rows))  # type: ignore[no-any-return]


NETWORK: Final = Layers
