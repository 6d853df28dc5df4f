"""Settings of our own small network."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.config.networks.network import NetworkSettings


class SpectrogramNetSettings(NetworkSettings):
    """See :mod:`pipeline.networks.spectrogram_net`.

    By band, faint high bands count as much as loud low ones.

    Attributes:
        width: channels of the stem; the blocks have twice, four and eight times as many.
        pooling: how the last feature map becomes one vector: ``mean-max`` over both
            axes; ``statistics``, mean and deviation over time of each band's maximum;
            ``attentive``, the same weighted by a learned attention over time.
    """

    kind: Literal["spectrogram-net"]
    width: Annotated[int, Field(ge=4, le=256)]
    pooling: Literal["mean-max", "statistics", "attentive"]


SETTINGS: Final = SpectrogramNetSettings
