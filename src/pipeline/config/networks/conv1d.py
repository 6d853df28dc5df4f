"""Settings of convolutions along a row of numbers."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, PositiveInt

from pipeline.config.networks.network import Dropout, NetworkSettings, Width


class Conv1dSettings(NetworkSettings):
    """See :mod:`pipeline.networks.conv1d`.

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


SETTINGS: Final = Conv1dSettings
