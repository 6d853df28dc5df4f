"""AlexNet, VGG16 and VGG19, with the layer names of torchvision's files.

AlexNet is the single-tower one that torchvision has weights of. Weights learned on
ImageNet fit where the sizes do: the first convolution is brought to the view's
channels, and dense layers of other sizes are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field
from torch import Tensor, nn

from pipeline.core.errors import NetworkError
from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings, Width

VGG: Final = {
    "vgg16": ((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3),
    "vgg19": ((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4),
}
"""Channels of each convolution; a pooling ends each group."""

ALEXNET: Final = 63
"""Pixels below which its poolings leave nothing."""

FIRST: Final = "features.0.weight"
DENSE: Final = "classifier."


def alexnet(channels: int) -> nn.Sequential:
    """AlexNet's convolutions."""
    return nn.Sequential(
        nn.Conv2d(channels, 64, 11, stride=4, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(256, 256, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2),
    )


def vgg(channels: int, groups: tuple[tuple[int, ...], ...]) -> nn.Sequential:
    """VGG's convolutions."""
    layers: list[nn.Module] = []
    for group in groups:
        for wide in group:
            layers += [nn.Conv2d(channels, wide, 3, padding=1), nn.ReLU(inplace=True)]
            channels = wide
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*layers)


class ImagenetSettings(NetworkSettings):
    """Settings of the networks of the ImageNet contests.

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


class Imagenet(Network):
    """Convolutions, a grid of their maps, two dense layers, and the one that classifies."""

    def __init__(self, settings: ImagenetSettings, shape: tuple[int, ...], emotions: int) -> None:
        super().__init__(settings, shape, settings.dense, emotions)
        old = settings.layout == "alexnet"
        if old and min(shape[1:]) < ALEXNET:
            raise NetworkError(
                f"alexnet needs images of at least {ALEXNET} x {ALEXNET}, the view has "
                f"{shape[1]} x {shape[2]}; raise the view's height and width"
            )
        self.features = alexnet(shape[0]) if old else vgg(shape[0], VGG[settings.layout])
        self.avgpool = nn.AdaptiveAvgPool2d(settings.grid)
        flat = (256 if old else 512) * settings.grid**2
        first, second = nn.Linear(flat, settings.dense), nn.Linear(settings.dense, settings.dense)
        # Dropout stands before each dense layer of AlexNet and after each of VGG's; with the
        # one before the last layer, which all networks have, the places and names agree.
        before = [nn.Dropout(settings.dropout)]
        between = [nn.ReLU(inplace=True), nn.Dropout(settings.dropout)]
        self.classifier = nn.Sequential(
            *(before if old else []), first, *between, second, nn.ReLU(inplace=True)
        )
        for layer in self.features:
            if isinstance(layer, nn.Conv2d) and layer.bias is not None and not old:
                # Without batch norm, so many layers learn only from weights of this size.
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def begin_from(self, weights: Mapping[str, Tensor]) -> list[str]:
        """Take up ImageNet's weights, or another recipe's."""
        own, given = self.state_dict(), dict(weights)
        channels = own[FIRST].shape[1]
        if FIRST in given and given[FIRST].shape[1] != channels:
            # The sum gives for a grey image what the three give for a picture of its greys.
            total = given[FIRST].sum(dim=1, keepdim=True)
            given[FIRST] = total.expand(-1, channels, -1, -1) / channels
        fresh = {
            name
            for name, value in own.items()
            if name.startswith(DENSE) and (name not in given or given[name].shape != value.shape)
        }
        taken = super().begin_from(given | {name: own[name] for name in fresh})
        return [name for name in taken if name not in fresh]

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        return self.classifier(self.avgpool(self.features(rows)).flatten(1))  # type: ignore[no-any-return]


SETTINGS: Final = ImagenetSettings
NETWORK: Final = Imagenet
