"""Protocols by their kind: every module of :mod:`pipeline.splits.protocols` is one."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pipeline.config.base import PARAMS, nearest, parse, read_params, unknown
from pipeline.config.folders import section_file
from pipeline.core.errors import ConfigError
from pipeline.splits import protocols
from pipeline.splits.settings import ProtocolSettings


def kinds() -> list[str]:
    """The kinds of protocol that there are.

    Example:
        >>> kinds()
        ['augmented-then-random', 'corpus', 'random', 'speaker', 'statement']
    """
    found = (module.name for module in pkgutil.iter_modules(protocols.__path__))
    return sorted(name.replace("_", "-") for name in found)


def module(kind: str) -> Any:
    """The module of a kind."""
    return import_module(f"{protocols.__name__}.{kind.replace('-', '_')}")


def settings(kind: str) -> type[ProtocolSettings]:
    """The type of a kind's settings.

    Example:
        >>> settings("speaker").__name__
        'SpeakerProtocol'
    """
    return cast(type[ProtocolSettings], module(kind).SETTINGS)


def leaks(kind: str) -> frozenset[str]:
    """What a kind of protocol declares to share between the sides.

    Example:
        >>> sorted(leaks("random")), sorted(leaks("speaker"))
        (['speaker'], [])
    """
    return cast(frozenset[str], module(kind).LEAKS)


def parse_protocol(data: Any, where: str = "", source: Path = PARAMS) -> ProtocolSettings:
    """Validate plain data.

    Raises:
        ConfigError: the kind is unknown, or a setting is.

    Example:
        >>> parse_protocol({}, "protocols.mine")
        Traceback (most recent call last):
        ...
        pipeline.core.errors.ConfigError: params.yaml: protocols.mine.kind is missing
    """
    if not isinstance(data, dict) or "kind" not in data:
        raise ConfigError(f"{source}: {where}.kind is missing")
    if data["kind"] not in kinds():
        raise ConfigError(
            f"{source}: {where}.kind: {data['kind']!r} is not allowed; "
            f"{nearest(data['kind'], kinds())}"
        )
    return parse(settings(data["kind"]), data, where, source=source)


def load_protocol(name: str, root: Path = Path()) -> ProtocolSettings:
    """A protocol of params.yaml.

    Args:
        name: in the section ``protocols``.
        root: of the repository.

    Raises:
        ConfigError: it is absent or not valid.
    """
    path = section_file("protocols", root)
    known = read_params(path).get("protocols") or {}
    if name not in known:
        raise ConfigError(f"{path}: {unknown(name, known, 'protocols')}")
    return parse_protocol(known[name], f"protocols.{name}", source=path)
