"""From a network's settings to the network."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config.networks import CnnSettings, NetworkSettings
from pipeline.errors import NetworkError
from pipeline.networks.cnn import Cnn
from pipeline.networks.network import Network
from pipeline.networks.spectrogram_net import SpectrogramNet

SMALLEST = 32
"""Images smaller than this on a side are pooled away to nothing."""


def make(settings: NetworkSettings, shape: tuple[int, ...], emotions: int) -> Network:
    """A network with fresh weights, drawn from torch's random state.

    Args:
        settings: which one, and its sizes.
        shape: channels, height and width of an image.
        emotions: how many there are to tell apart.

    Raises:
        NetworkError: the network cannot take such a view.

    Example:
        >>> from pipeline.config.base import parse
        >>> settings = {"kind": "cnn", "channels": [8], "dense": 16, "dropout": 0.5,
        ...     "normalise": "channel"}
        >>> make(parse(CnnSettings, settings), (1, 64, 64), 8).width
        16
    """
    if len(shape) != 3:
        raise NetworkError(f"{settings.kind} learns from images; take a mel or stft view")
    if min(shape[1:]) < SMALLEST:
        raise NetworkError(
            f"{settings.kind} needs images of at least {SMALLEST} x {SMALLEST}, "
            f"the view has {shape[1]} x {shape[2]}; raise the view's height and width"
        )
    channels, height, width = shape
    if isinstance(settings, CnnSettings):
        return Cnn(settings, (channels, height, width), emotions)
    return SpectrogramNet(settings, (channels, height, width), emotions)


def image(shape: Sequence[int]) -> tuple[int, ...]:
    """Channels, height and width of a view's rows.

    Example:
        >>> image([64, 128]), image([3, 64, 64])
        ((1, 64, 128), (3, 64, 64))
    """
    return (1, *shape) if len(shape) == 2 else tuple(shape)


def weights(network: Network) -> int:
    """How many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
