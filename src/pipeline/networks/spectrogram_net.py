"""Our own small network for spectrograms, trained from scratch.

A stem halves the image twice, three blocks of two convolutions halve it once each,
and a pooling turns what is left into one vector. Channel counts stay multiples of 16
where the width is one, for others are slow on processors.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings

SMALLEST = 1e-5


def unit(inner: int, outer: int, size: int, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inner, outer, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(inplace=True),
    )


class MeanMax(nn.Module):
    """Mean and maximum of each channel over time and frequency."""

    def forward(self, maps: Tensor) -> Tensor:
        """Clips x channels x bands x frames to clips x 2 channels."""
        return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)


class Statistics(nn.Module):
    """Mean and deviation over time of each channel's maximum over frequency."""

    def forward(self, maps: Tensor) -> Tensor:
        """Clips x channels x bands x frames to clips x 2 channels."""
        frames = maps.amax(dim=2)
        return torch.cat([frames.mean(dim=2), (frames.var(dim=2) + SMALLEST).sqrt()], dim=1)


class Attentive(nn.Module):
    """The same statistics, each frame weighted by a learned attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Conv1d(channels, channels // 4, 1), nn.Tanh(), nn.Conv1d(channels // 4, channels, 1)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Clips x channels x bands x frames to clips x 2 channels."""
        frames = maps.amax(dim=2)
        weights = self.score(frames).softmax(dim=2)
        mean = (weights * frames).sum(dim=2)
        spread = (weights * (frames - mean[:, :, None]).square()).sum(dim=2)
        return torch.cat([mean, (spread + SMALLEST).sqrt()], dim=1)


class SpectrogramNetSettings(NetworkSettings):
    """Settings of our own small network.

    By band, faint high bands count as much as loud low ones.

    Attributes:
        width: channels of the stem; the blocks have twice, four and eight times as many.
        pooling: how the last feature map becomes one vector: ``mean-max`` over both
            axes; ``statistics``, mean and deviation over time of each band's maximum;
            ``attentive``, the same weighted by a learned attention over time.
    """

    kind: Literal["spectrogram-net"]
    width: Annotated[int, Field(ge=4, le=256)]
    pooling: Literal["mean-max", "statistics", "attentive"]


class SpectrogramNet(Network):
    """A stem, three blocks, a pooling."""

    def __init__(
        self, settings: SpectrogramNetSettings, shape: tuple[int, ...], emotions: int
    ) -> None:
        wide = settings.width
        super().__init__(settings, shape, 16 * wide, emotions)
        layers: list[nn.Module] = [unit(shape[0], wide, 5, stride=2), nn.MaxPool2d(2)]
        for inner, outer in ((wide, 2 * wide), (2 * wide, 4 * wide), (4 * wide, 8 * wide)):
            layers += [unit(inner, outer, 3), unit(outer, outer, 3), nn.MaxPool2d(2)]
        self.body = nn.Sequential(*layers)
        pools: dict[str, nn.Module] = {
            "mean-max": MeanMax(),
            "statistics": Statistics(),
            "attentive": Attentive(8 * wide),
        }
        self.pool = pools[settings.pooling]

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        return self.pool(self.body(rows))  # type: ignore[no-any-return]


SETTINGS: Final = SpectrogramNetSettings
NETWORK: Final = SpectrogramNet
