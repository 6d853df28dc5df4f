"""Settings of recurrent networks."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, PositiveInt

from pipeline.config.networks.network import Dropout, NetworkSettings, Width


class RecurrentSettings(NetworkSettings):
    """See :mod:`pipeline.networks.recurrent`.

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


SETTINGS: Final = RecurrentSettings
