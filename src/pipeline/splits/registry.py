"""Protocols by their kind: every module of :mod:`pipeline.splits.protocols` is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, cast

from pipeline.config.base import PARAMS, find, read_params
from pipeline.config.folders import section_file
from pipeline.config.kinds import Kinds
from pipeline.splits.settings import ProtocolSettings

PROTOCOLS: Final = Kinds("pipeline.splits.protocols", shared=frozenset())


def kinds() -> list[str]:
    """The kinds of protocol that there are.

    Example:
        >>> kinds()
        ['augmented-then-random', 'corpus', 'random', 'speaker', 'statement']
    """
    return PROTOCOLS.names()


def module(kind: str) -> Any:
    """The module of a kind."""
    return PROTOCOLS.module(kind)


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
    parsed: ProtocolSettings = PROTOCOLS.parse(data, where, source)
    return parsed


def load_protocol(name: str, root: Path = Path()) -> ProtocolSettings:
    """A protocol of params.yaml.

    Args:
        name: in the section ``protocols``.
        root: of the repository.

    Raises:
        ConfigError: it is absent or not valid.
    """
    path = section_file("protocols", root)
    data = find(read_params(path), ("protocols", name), path)
    return parse_protocol(data, f"protocols.{name}", source=path)
