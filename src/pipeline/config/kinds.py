"""Kinds of things that have a module each, found by the modules' names.

The module of the kind ``spectrogram-net`` is ``spectrogram_net``, and its ``SETTINGS`` is the
type of its settings. Only the module that is asked for is imported, so that one kind more
touches no other.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.config.base import PARAMS, nearest, parse
from pipeline.core.errors import ConfigError


def module_name(kind: str) -> str:
    """The name of a kind's module.

    Example:
        >>> module_name("spectrogram-net")
        'spectrogram_net'
    """
    return kind.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Kinds:
    """A package with a module for each kind.

    Attributes:
        package: its name.
        shared: its modules that are no kinds, besides ``registry``.
    """

    package: str
    shared: frozenset[str]

    def names(self) -> list[str]:
        """The kinds that there are; none of their modules is imported.

        Example:
            >>> Kinds("pipeline.networks", frozenset({"network", "settings"})).names()[:2]
            ['ann', 'cnn']
        """
        found = {
            module.name for module in pkgutil.iter_modules(import_module(self.package).__path__)
        }
        return sorted(name.replace("_", "-") for name in found - self.shared - {"registry"})

    def module(self, kind: str) -> Any:
        """The module of a kind."""
        return import_module(f"{self.package}.{module_name(kind)}")

    def parse(self, data: Any, where: str = "", source: Path = PARAMS) -> Any:
        """Validate plain data by the settings of its kind.

        Args:
            data: with the key ``kind``.
            where: it stands, such as ``networks.small``.
            source: the file that it stands in.

        Raises:
            ConfigError: the kind is missing or unknown, or a setting is.
        """
        if not isinstance(data, dict) or "kind" not in data:
            raise ConfigError(f"{source}: {where}.kind is missing")
        if data["kind"] not in self.names():
            raise ConfigError(
                f"{source}: {where}.kind: {data['kind']!r} is not allowed; "
                f"{nearest(data['kind'], self.names())}"
            )
        return parse(self.module(data["kind"]).SETTINGS, data, where, source=source)
