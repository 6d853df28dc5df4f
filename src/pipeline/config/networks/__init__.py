"""Settings of networks: one module per family, found by its kind.

The module of the kind ``spectrogram-net`` is ``spectrogram_net``, here for the settings
and in :mod:`pipeline.networks` for the network. A family more touches no file that the
others depend on, so that no network of theirs is trained anew.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pipeline.config.base import PARAMS, nearest, parse, read_params, unknown
from pipeline.config.networks.network import NetworkSettings
from pipeline.core.errors import ConfigError

__all__ = ["NetworkSettings", "families", "family", "load_network", "parse_network", "settings"]


def family(kind: str) -> str:
    """The name of a kind's modules.

    Example:
        >>> family("spectrogram-net")
        'spectrogram_net'
    """
    return kind.replace("-", "_")


def families() -> list[str]:
    """The kinds that there are.

    Example:
        >>> "cnn" in families()
        True
    """
    found = {module.name for module in pkgutil.iter_modules(__path__)} - {"network"}
    return sorted(name.replace("_", "-") for name in found)


def settings(kind: str) -> type[NetworkSettings]:
    """The type of a kind's settings."""
    module = import_module(f"{__name__}.{family(kind)}")
    return cast(type[NetworkSettings], module.SETTINGS)


def parse_network(data: Any, where: str = "", source: Path = PARAMS) -> NetworkSettings:
    """Validate plain data.

    Raises:
        ConfigError: the kind is unknown, or a setting is.

    Example:
        >>> parse_network({}, "networks.mine")
        Traceback (most recent call last):
        ...
        pipeline.core.errors.ConfigError: params.yaml: networks.mine.kind is missing
    """
    if not isinstance(data, dict) or "kind" not in data:
        raise ConfigError(f"{source}: {where}.kind is missing")
    if data["kind"] not in families():
        raise ConfigError(
            f"{source}: {where}.kind: {data['kind']!r} is not allowed; "
            f"{nearest(data['kind'], families())}"
        )
    return parse(settings(data["kind"]), data, where, source=source)


def load_network(name: str, path: Path = PARAMS) -> NetworkSettings:
    """A network of params.yaml.

    Raises:
        ConfigError: it is absent or not valid.
    """
    known = read_params(path).get("networks", {})
    if name not in known:
        raise ConfigError(unknown(name, known, "networks"))
    return parse_network(known[name], f"networks.{name}", source=path)
