"""Settings of the convolutional recurrent network."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.config.networks.network import NetworkSettings, Width


class CrnnSettings(NetworkSettings):
    """See :mod:`pipeline.networks.crnn`.

    Attributes:
        channels: of each convolution; every one is followed by a 2 x 2 max pool.
        width: of the LSTM's state, in each direction.
    """

    kind: Literal["crnn"]
    channels: Annotated[tuple[Width, ...], Field(min_length=1, max_length=5)]
    width: Width


SETTINGS: Final = CrnnSettings
