"""Settings of the papers' plain network."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.config.networks.network import NetworkSettings, Width


class CnnSettings(NetworkSettings):
    """Convolutions, pools, dropout, flatten, two dense layers.

    Attributes:
        channels: of each 3 x 3 convolution; every one is followed by a 2 x 2 max pool.
        dense: width of the first dense layer, the embedding; dropout comes before each.
    """

    kind: Literal["cnn"]
    channels: Annotated[tuple[Width, ...], Field(min_length=1, max_length=6)]
    dense: Width


SETTINGS: Final = CnnSettings
