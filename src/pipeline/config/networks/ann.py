"""Settings of dense layers on numbers."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, PositiveInt

from pipeline.config.networks.network import NetworkSettings, Width


class AnnSettings(NetworkSettings):
    """Dense layers, the last hidden one being the embedding.

    Attributes:
        numbers: how many of a row's first numbers it looks at, such as the 40 MFCC; null
            for all.
        hidden: widths of the hidden layers.
    """

    kind: Literal["ann"]
    numbers: PositiveInt | None
    hidden: Annotated[tuple[Width, ...], Field(min_length=1, max_length=8)]


SETTINGS: Final = AnnSettings
