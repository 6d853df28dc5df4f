"""What the settings of all network families share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.base import Settings

Width = Annotated[int, Field(ge=1, le=4096)]
Normalise = Literal["channel", "band"]
"""What has a mean and a deviation of its own: a channel, or each frequency band of it."""

Dropout = Annotated[float, Field(ge=0, lt=1)]


class NetworkSettings(Settings):
    """The base of every family's settings.

    Attributes:
        kind: the family.
        dropout: before the last layer.
        normalise: by the training clips' mean and deviation of each ``channel``, or of
            each frequency ``band`` of it; of a vector, each number is a band.
    """

    kind: str
    dropout: Dropout
    normalise: Normalise
