"""The plain network of the hybrid papers.

Convolution and max pooling a few times, dropout, flatten, a dense layer whose output
is the embedding, and a second one that judges it.
"""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn

from pipeline.config.networks.cnn import CnnSettings
from pipeline.networks.network import Network


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


NETWORK: Final = Cnn
