"""Settings of the network that learns nothing but its last layer."""

from __future__ import annotations

from typing import Final, Literal

from pipeline.config.networks.network import NetworkSettings


class LinearSettings(NetworkSettings):
    """The normalised numbers as they are: for heads that learn from the view itself."""

    kind: Literal["linear"]


SETTINGS: Final = LinearSettings
