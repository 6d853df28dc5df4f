"""Settings of the small residual network."""

from __future__ import annotations

from typing import Final, Literal

from pipeline.config.networks.network import NetworkSettings, Width


class Resnet9Settings(NetworkSettings):
    """See :mod:`pipeline.networks.resnet9`.

    Attributes:
        width: channels of the first convolution; the last have eight times as many.
    """

    kind: Literal["resnet9"]
    width: Width


SETTINGS: Final = Resnet9Settings
