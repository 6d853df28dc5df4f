"""From a network's settings to the network, found by its kind."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from pipeline.config.networks import NetworkSettings, family
from pipeline.core.errors import NetworkError
from pipeline.networks.network import Network


def make(settings: NetworkSettings, shape: tuple[int, ...], emotions: int) -> Network:
    """A network with fresh weights, drawn from torch's random state.

    Args:
        settings: which one, and its sizes.
        shape: of a row as the network takes it.
        emotions: how many there are to tell apart.

    Raises:
        NetworkError: the network cannot take such a view.

    Example:
        >>> from pipeline.config.networks import parse_network
        >>> settings = {"kind": "cnn", "channels": [8], "dense": 16, "dropout": 0.5,
        ...     "normalise": "channel"}
        >>> make(parse_network(settings), (1, 64, 64), 8).width
        16
    """
    kind: Any = import_module(f"pipeline.networks.{family(settings.kind)}").NETWORK
    if kind.axes not in (None, len(shape)):
        raise NetworkError(f"{settings.kind} learns from {kind.takes}; the view has other rows")
    if min(shape[1:]) < kind.smallest:
        size = " x ".join(map(str, shape[1:]))
        least = " x ".join([str(kind.smallest)] * len(shape[1:]))
        raise NetworkError(
            f"{settings.kind} needs {kind.takes} of at least {least}, the view has {size}; "
            "raise the view's height and width"
        )
    network: Network = kind(settings, shape, emotions)
    return network


def row(shape: Sequence[int]) -> tuple[int, ...]:
    """How a network takes a view's rows: channels first, and one where the view has none.

    Example:
        >>> row([64, 128]), row([3, 64, 64]), row([180])
        ((1, 64, 128), (3, 64, 64), (1, 180))
    """
    return tuple(shape) if len(shape) == 3 else (1, *shape)


def weights(network: Network) -> int:
    """How many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
