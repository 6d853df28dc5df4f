"""Settings of networks: what learns from a view."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.base import Settings

Width = Annotated[int, Field(ge=1, le=4096)]
Normalise = Literal["channel", "band"]
"""What has a mean and a deviation of its own: a channel, or each frequency band of it."""

Dropout = Annotated[float, Field(ge=0, lt=1)]


class CnnSettings(Settings):
    """The papers' plain network: convolutions, pools, dropout, flatten, two dense layers.

    Attributes:
        channels: of each 3 x 3 convolution; every one is followed by a 2 x 2 max pool.
        dense: width of the first dense layer, the embedding.
        dropout: before each dense layer.
        normalise: by the training clips' mean and deviation of each ``channel``, or of
            each frequency ``band`` of it.
    """

    kind: Literal["cnn"]
    channels: Annotated[tuple[Width, ...], Field(min_length=1, max_length=6)]
    dense: Width
    dropout: Dropout
    normalise: Normalise


class SpectrogramNetSettings(Settings):
    """Our own small network; see :mod:`pipeline.networks.spectrogram_net`.

    Attributes:
        width: channels of the stem; the blocks have twice, four and eight times as many.
        pooling: how the last feature map becomes one vector: ``mean-max`` over both
            axes; ``statistics``, mean and deviation over time of each band's maximum;
            ``attentive``, the same weighted by a learned attention over time.
        dropout: before the last layer.
        normalise: as above; by band, faint high bands count as much as loud low ones.
    """

    kind: Literal["spectrogram-net"]
    width: Annotated[int, Field(ge=4, le=256)]
    pooling: Literal["mean-max", "statistics", "attentive"]
    dropout: Dropout
    normalise: Normalise


NetworkSettings = Annotated[CnnSettings | SpectrogramNetSettings, Field(discriminator="kind")]
