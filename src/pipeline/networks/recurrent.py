"""Networks that read a clip step by step: plain recurrent, GRU, LSTM.

An image is read frame by frame, each step a column of bands. A row of numbers has no
time; it is cut into steps of neighbouring numbers, filled up with zeros at the end.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from pipeline.networks.network import Network
from pipeline.networks.settings import Dropout, NetworkSettings, Width

CELLS: Final = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def steps(rows: Tensor, step: int) -> Tensor:
    """Clips x steps x numbers, of images or of rows of numbers.

    Example:
        >>> import torch
        >>> steps(torch.zeros(2, 1, 64, 100), step=20).shape
        torch.Size([2, 100, 64])
        >>> steps(torch.zeros(2, 1, 50), step=20).shape
        torch.Size([2, 3, 20])
    """
    if rows.dim() == 4:
        return rows.flatten(1, 2).transpose(1, 2)
    flat = rows.flatten(1)
    whole = functional.pad(flat, (0, -flat.shape[1] % step))
    return whole.reshape(len(rows), -1, step)


class RecurrentSettings(NetworkSettings):
    """Settings of recurrent networks.

    Attributes:
        cell: plain, with gates, or with gates and a memory.
        width: of each layer's state, in each direction.
        layers: one upon the other.
        both_ways: read each sequence backwards too.
        between: dropout between layers.
        step: numbers of a vector that make one step; images have a step for each frame.
    """

    kind: Literal["recurrent"]
    cell: Literal["rnn", "gru", "lstm"]
    width: Width
    layers: Annotated[int, Field(ge=1, le=8)]
    both_ways: bool
    between: Dropout
    step: PositiveInt


class Recurrent(Network):
    """Layers that hand a state from step to step; the last step's state is the embedding."""

    takes: ClassVar[str] = "images, or rows of numbers"
    axes: ClassVar[int | None] = None
    smallest: ClassVar[int] = 1

    def __init__(self, settings: RecurrentSettings, shape: tuple[int, ...], emotions: int) -> None:
        ways = 2 if settings.both_ways else 1
        super().__init__(settings, shape, ways * settings.width, emotions)
        self.step = settings.step
        self.body = CELLS[settings.cell](
            input_size=shape[0] * shape[1] if len(shape) == 3 else settings.step,
            hidden_size=settings.width,
            num_layers=settings.layers,
            dropout=settings.between if settings.layers > 1 else 0.0,
            bidirectional=settings.both_ways,
            batch_first=True,
        )
        self.ways = ways

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        _, state = self.body(steps(rows, self.step))
        last: Tensor = state[0] if isinstance(state, tuple) else state
        return last[-self.ways :].transpose(0, 1).flatten(1)


SETTINGS: Final = RecurrentSettings
NETWORK: Final = Recurrent
