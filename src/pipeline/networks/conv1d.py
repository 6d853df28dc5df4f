"""Convolutions along a row of numbers, as if neighbours meant something.

Of a vector of MFCC, chroma and mel means they partly do: bands beside each other are
alike. The deep one, with eight convolutions of kernel 5 and a pooling after every two,
is the network behind the highest figure of the papers.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, PositiveInt
from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import Dropout, NetworkSettings, Width


class Conv1dSettings(NetworkSettings):
    """Settings of convolutions along a row of numbers.

    Attributes:
        channels: of each convolution.
        kernel: numbers that a convolution looks at.
        pool_every: convolutions before each halving of the row.
        first_dropout: after the first pooling.
    """

    kind: Literal["conv1d"]
    channels: Annotated[tuple[Width, ...], Field(min_length=1, max_length=16)]
    kernel: Annotated[int, Field(ge=1, le=15)]
    pool_every: PositiveInt
    first_dropout: Dropout


class Conv1d(Network):
    """Convolutions with ReLU, pooling now and then, flatten."""

    takes: ClassVar[str] = "rows of numbers, as vector views have them"
    axes: ClassVar[int | None] = 2

    def __init__(self, settings: Conv1dSettings, shape: tuple[int, ...], emotions: int) -> None:
        length = shape[1]
        for place in range(1, len(settings.channels) + 1):
            length = length // 2 if place % settings.pool_every == 0 else length
        super().__init__(settings, shape, settings.channels[-1] * length, emotions)
        layers: list[nn.Module] = []
        inner, pooled = shape[0], 0
        for place, wide in enumerate(settings.channels, start=1):
            padding = settings.kernel // 2
            layers += [nn.Conv1d(inner, wide, settings.kernel, padding=padding), nn.ReLU()]
            if place % settings.pool_every == 0:
                layers.append(nn.MaxPool1d(2))
                pooled += 1
                if pooled == 1:
                    layers.append(nn.Dropout(settings.first_dropout))
            inner = wide
        self.body = nn.Sequential(*layers, nn.Flatten())

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        return self.body(rows)  # type: ignore[no-any-return]


SETTINGS: Final = Conv1dSettings
NETWORK: Final = Conv1d
