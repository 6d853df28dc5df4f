"""Settings of the networks of the ImageNet contests."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.config.networks.network import NetworkSettings, Width


class ImagenetSettings(NetworkSettings):
    """See :mod:`pipeline.networks.imagenet`.

    Attributes:
        layout: which of them.
        grid: rows and columns that the last maps are brought to; 6 for AlexNet and 7 for
            VGG as they were, 1 for small images, which have no more to say.
        dense: width of the two dense layers; 4096 as they were.
    """

    kind: Literal["imagenet"]
    layout: Literal["alexnet", "vgg16", "vgg19"]
    grid: Annotated[int, Field(ge=1, le=7)]
    dense: Width


SETTINGS: Final = ImagenetSettings
