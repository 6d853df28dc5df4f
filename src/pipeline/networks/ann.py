"""Dense layers on rows of numbers: the oldest of the papers' networks."""

from __future__ import annotations

from typing import ClassVar, Final

from torch import Tensor, nn

from pipeline.config.networks.ann import AnnSettings
from pipeline.networks.network import Network


class Ann(Network):
    """Dense layers with ReLU, the last of which judges."""

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


NETWORK: Final = Ann
