"""A residual network of nine layers.

A convolution, then three stages that double the channels and halve the image, two of
them followed by a residual block of two convolutions, then one more block, a maximum
over the image, and the layer that classifies.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings, Width


def unit(inner: int, outer: int) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inner, outer, 3, padding=1, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two convolutions, and what came in added to what comes out."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(unit(channels, channels), unit(channels, channels))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of the same shape."""
        return maps + self.body(maps)  # type: ignore[no-any-return]


class Resnet9Settings(NetworkSettings):
    """Settings of the small residual network.

    Attributes:
        width: channels of the first convolution; the last have eight times as many.
    """

    kind: Literal["resnet9"]
    width: Width


class Resnet9(Network):
    """Eight convolutions in three residual stages, and a dense layer."""

    smallest: ClassVar[int] = 16

    def __init__(self, settings: Resnet9Settings, shape: tuple[int, ...], emotions: int) -> None:
        wide = settings.width
        super().__init__(settings, shape, 8 * wide, emotions)
        self.body = nn.Sequential(
            unit(shape[0], wide),
            unit(wide, 2 * wide),
            nn.MaxPool2d(2),
            Residual(2 * wide),
            unit(2 * wide, 4 * wide),
            nn.MaxPool2d(2),
            unit(4 * wide, 8 * wide),
            nn.MaxPool2d(2),
            Residual(8 * wide),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        return self.body(rows)  # type: ignore[no-any-return]


SETTINGS: Final = Resnet9Settings
NETWORK: Final = Resnet9
