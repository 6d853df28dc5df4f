"""No network at all: heads learn from the view's own numbers.

The embedding is the row brought to the training clips' mean and deviation. Its softmax
is a logistic regression.
"""

from __future__ import annotations

from typing import ClassVar, Final

from torch import Tensor

from pipeline.config.networks.linear import LinearSettings
from pipeline.networks.network import Network


class Linear(Network):
    """The normalised numbers, and one layer that judges them."""

    takes: ClassVar[str] = "rows of numbers, as vector views have them"
    axes: ClassVar[int | None] = 2
    smallest: ClassVar[int] = 1

    def __init__(self, settings: LinearSettings, shape: tuple[int, ...], emotions: int) -> None:
        super().__init__(settings, shape, shape[1], emotions)

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        return rows.flatten(1)


NETWORK: Final = Linear
