"""Dense layers on rows of numbers: the oldest of the papers' networks."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, PositiveInt
from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings, Width


class AnnSettings(NetworkSettings):
    """Settings of dense layers on numbers; the last hidden layer is the embedding.

    Attributes:
        numbers: how many of a row's first numbers it looks at, such as the 40 MFCC; null
            for all.
        hidden: widths of the hidden layers.
    """

    kind: Literal["ann"]
    numbers: PositiveInt | None
    hidden: Annotated[tuple[Width, ...], Field(min_length=1, max_length=8)]


class Ann(Network):
    """Dense layers with ReLU, the last of which gives the embedding."""

    takes: ClassVar[str] = "rows of numbers, as vector views have them"
    axes: ClassVar[int | None] = 2
    smallest: ClassVar[int] = 1

    def __init__(self, settings: AnnSettings, shape: tuple[int, ...], emotions: int) -> None:
        super().__init__(settings, shape, settings.hidden[-1], emotions)
        self.numbers = settings.numbers or shape[1]
        layers: list[nn.Module] = []
        inner = min(self.numbers, shape[1])
        for wide in settings.hidden:
            layers += [nn.Linear(inner, wide), nn.ReLU(inplace=True)]
            inner = wide
        self.body = nn.Sequential(*layers)

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        return self.body(rows.flatten(1)[:, : self.numbers])  # type: ignore[no-any-return]


SETTINGS: Final = AnnSettings
NETWORK: Final = Ann
