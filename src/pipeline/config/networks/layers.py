"""Settings of the network that listens to the layers of a speech encoder."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.config.networks.network import NetworkSettings, Width


class LayersSettings(NetworkSettings):
    """See :mod:`pipeline.networks.layers`.

    Attributes:
        width: of the dense layer, which is the embedding.
        between: dropout before it.
    """

    kind: Literal["layers"]
    width: Width
    between: Annotated[float, Field(ge=0, lt=1)]


SETTINGS: Final = LayersSettings
