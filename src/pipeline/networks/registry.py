"""Network families, found by their modules' names, and networks made of settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.config.base import PARAMS, find, read_params
from pipeline.config.folders import section_file
from pipeline.config.kinds import Kinds
from pipeline.core.errors import NetworkError
from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings

FAMILIES: Final = Kinds("pipeline.networks", shared=frozenset({"network", "settings"}))


def families() -> list[str]:
    """The kinds that there are.

    Example:
        >>> "spectrogram-net" in families()
        True
    """
    return FAMILIES.names()


def settings(kind: str) -> type[NetworkSettings]:
    """The type of a kind's settings."""
    found: type[NetworkSettings] = FAMILIES.module(kind).SETTINGS
    return found


def parse_network(data: Any, where: str = "", source: Path = PARAMS) -> NetworkSettings:
    """Validate plain data.

    Args:
        data: of one network.
        where: it stands, such as ``networks.small``.
        source: the file that it stands in.

    Raises:
        ConfigError: the kind is unknown, or a setting is.

    Example:
        >>> parse_network({}, "networks.mine")
        Traceback (most recent call last):
        ...
        pipeline.core.errors.ConfigError: params.yaml: networks.mine.kind is missing
    """
    parsed: NetworkSettings = FAMILIES.parse(data, where, source)
    return parsed


def load_network(name: str, root: Path = Path()) -> NetworkSettings:
    """A network of params.yaml.

    Args:
        name: in the section ``networks``.
        root: of the repository.

    Raises:
        ConfigError: it is absent or not valid.
    """
    path = section_file("networks", root)
    data = find(read_params(path), ("networks", name), path)
    return parse_network(data, f"networks.{name}", path)


def make(settings: NetworkSettings, shape: tuple[int, ...], emotions: int) -> Network:
    """A network with fresh weights, drawn from torch's random state.

    Args:
        settings: which one, and its sizes.
        shape: of a row as the network takes it.
        emotions: how many there are to tell apart.

    Raises:
        NetworkError: the network cannot take such a view.

    Example:
        >>> settings = {"kind": "cnn", "channels": [8], "dense": 16, "dropout": 0.5,
        ...     "normalise": "channel"}
        >>> make(parse_network(settings), (1, 64, 64), 8).width
        16
    """
    kind: Any = FAMILIES.module(settings.kind).NETWORK
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
