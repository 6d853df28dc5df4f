"""Convolutions, then an LSTM that reads their maps frame by frame, both ways."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field
from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings, Width


class CrnnSettings(NetworkSettings):
    """Settings of the convolutional recurrent network.

    Attributes:
        channels: of each convolution; every one is followed by a 2 x 2 max pool.
        width: of the LSTM's state, in each direction.
    """

    kind: Literal["crnn"]
    channels: Annotated[tuple[Width, ...], Field(min_length=1, max_length=5)]
    width: Width


class Crnn(Network):
    """Convolutions see the moment, the LSTM the course of it."""

    def __init__(self, settings: CrnnSettings, shape: tuple[int, ...], emotions: int) -> None:
        super().__init__(settings, shape, 2 * settings.width, emotions)
        channels, height, _ = shape
        layers: list[nn.Module] = []
        for wide in settings.channels:
            layers += [
                nn.Conv2d(channels, wide, 3, padding=1, bias=False),
                nn.BatchNorm2d(wide),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            ]
            channels, height = wide, height // 2
        self.body = nn.Sequential(*layers)
        self.memory = nn.LSTM(
            channels * height, settings.width, bidirectional=True, batch_first=True
        )

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        maps = self.body(rows)
        read, _ = self.memory(maps.flatten(1, 2).transpose(1, 2))
        return read.mean(dim=1)  # type: ignore[no-any-return]


SETTINGS: Final = CrnnSettings
NETWORK: Final = Crnn
