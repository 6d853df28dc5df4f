"""A learned weighted mean of a frozen speech encoder's layers.

Early layers tell voices apart, late ones words; what tells emotions apart lies between.
One weight for each layer is learned, and what they add up to goes through a dense layer.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings, Width


class LayersSettings(NetworkSettings):
    """Settings of the network that weighs the layers of a speech encoder.

    Attributes:
        width: of the dense layer, which is the embedding.
        between: dropout before it.
    """

    kind: Literal["layers"]
    width: Width
    between: Annotated[float, Field(ge=0, lt=1)]


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


SETTINGS: Final = LayersSettings
NETWORK: Final = Layers
