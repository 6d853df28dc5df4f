"""The plain network of the hybrid papers.

Convolution and max pooling a few times, dropout, flatten, a dense layer whose output
is the embedding, and a second one that judges it.
"""

from __future__ import annotations

from torch import Tensor, nn

from pipeline.config.networks import CnnSettings
from pipeline.networks.network import Network


class Cnn(Network):
    """Convolutions, pools, dropout, flatten, two dense layers."""

    def __init__(self, settings: CnnSettings, shape: tuple[int, int, int], emotions: int) -> None:
        channels, height, width = shape
        bands = height if settings.normalise == "band" else 1
        super().__init__(channels, bands, settings.dense, emotions, settings.dropout)
        layers: list[nn.Module] = []
        for wide in settings.channels:
            layers += [nn.Conv2d(channels, wide, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            channels, height, width = wide, height // 2, width // 2
        flat = channels * height * width
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(settings.dropout))
        self.dense = nn.Sequential(nn.Linear(flat, settings.dense), nn.ReLU())

    def features(self, images: Tensor) -> Tensor:
        """See the base class."""
        return self.dense(self.body(images))  # type: ignore[no-any-return]
