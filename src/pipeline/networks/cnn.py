"""The plain network of the hybrid papers.

Convolution and max pooling a few times, dropout, flatten, a dense layer whose output
is the embedding, and a second one that classifies it.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field
from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings, Width


class CnnSettings(NetworkSettings):
    """Settings of convolutions, pools, dropout, flatten and two dense layers.

    Attributes:
        channels: of each 3 x 3 convolution; every one is followed by a 2 x 2 max pool.
        dense: width of the first dense layer, the embedding; dropout comes before each.
    """

    kind: Literal["cnn"]
    channels: Annotated[tuple[Width, ...], Field(min_length=1, max_length=6)]
    dense: Width


class Cnn(Network):
    """Convolutions, pools, dropout, flatten, two dense layers."""

    def __init__(self, settings: CnnSettings, shape: tuple[int, ...], emotions: int) -> None:
        super().__init__(settings, shape, settings.dense, emotions)
        channels, height, width = shape
        layers: list[nn.Module] = []
        for wide in settings.channels:
            layers += [nn.Conv2d(channels, wide, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            channels, height, width = wide, height // 2, width // 2
        flat = channels * height * width
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(settings.dropout))
        self.dense = nn.Sequential(nn.Linear(flat, settings.dense), nn.ReLU())

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        return self.dense(self.body(rows))  # type: ignore[no-any-return]


SETTINGS: Final = CnnSettings
NETWORK: Final = Cnn
