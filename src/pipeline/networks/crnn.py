"""Convolutions, then an LSTM that reads their maps frame by frame, both ways."""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn

from pipeline.config.networks.crnn import CrnnSettings
from pipeline.networks.network import Network


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


NETWORK: Final = Crnn
