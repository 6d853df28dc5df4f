"""The reference of parameters, from the types that they are checked with."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from enum import Enum
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from griffe import Docstring, DocstringSectionKind
from pydantic import BaseModel

from pipeline.config.corpora import (
    CorpusSettings,
    DatasetSettings,
    DownloadSettings,
    IndexSettings,
)
from pipeline.config.initial_weights import InitialWeightsSettings
from pipeline.config.kinds import Kinds
from pipeline.config.recipes import NetworkRecipeSettings, RecipeSettings
from pipeline.config.trainings import TrainingSettings
from pipeline.config.views import ViewSettings
from pipeline.heads.registry import HEADS
from pipeline.networks.registry import FAMILIES
from pipeline.splits.registry import PROTOCOLS

Settings = type[BaseModel]


def sections() -> dict[str, Any]:
    """The type of each section, or of its entries."""
    return {
        "download": DownloadSettings,
        "corpora": CorpusSettings,
        "datasets": DatasetSettings,
        "index": IndexSettings,
        "views": ViewSettings,
        "initial_weights": InitialWeightsSettings,
        "protocols": _of_kinds(PROTOCOLS),
        "networks": _of_kinds(FAMILIES),
        "trainings": TrainingSettings,
        "heads": _of_kinds(HEADS),
        "recipes_with_network": NetworkRecipeSettings,
        "recipes_without_network": RecipeSettings,
    }


def _of_kinds(kinds: Kinds) -> Any:
    return reduce(or_, [kinds.module(kind).SETTINGS for kind in kinds.names()])


def page() -> str:
    """Every section as one page of Markdown."""
    parts = [
        "# Parameters",
        "Every key is written out, and none has a default. `inputs/params.yaml` says what recipes "
        "start from, the root's `params.yaml` what they are made of, and `params.yaml` in each "
        "folder of `papers/` and `studies/` has recipes of its own. `ser config show` prints all "
        "of them, checked. Sections whose table begins with `kind` have one table for each kind.",
    ]
    for section, annotation in sections().items():
        parts.append(f"## {section}")
        for settings in dict.fromkeys(_settings(annotation)):
            parts += _table(settings)
    return "\n\n".join(parts) + "\n"


def _with_metadata(field: Any) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _settings(annotation: Any) -> Iterator[Settings]:
    """The settings that an annotation speaks of, and those inside them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _settings(_with_metadata(field))
    for argument in get_args(annotation):
        yield from _settings(argument)


def _table(settings: Settings) -> Iterator[str]:
    kind = settings.model_fields.get("kind")
    name = f"`kind: {get_args(kind.annotation)[0]}`" if kind else f"`{settings.__name__}`"
    text = inspect.getdoc(settings) or ""
    words = " ".join(re.split(r"\n\s*Attributes:|\n\n", text)[0].split())
    yield f"### {name}\n\n{_plain(words)}"
    meanings = _meanings(settings)
    rows = [
        f"| `{key}` | {_shown(_with_metadata(field))} | {meanings.get(key, '')} |"
        for key, field in settings.model_fields.items()
        if key != "kind"
    ]
    if rows:
        yield "\n".join(["| key | value | what it is |", "|---|---|---|", *rows])


def _meanings(settings: Settings) -> dict[str, str]:
    """What the docstrings of a type and of those that it extends say of each key."""
    found: dict[str, str] = {}
    for base in reversed(settings.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            sections = Docstring(inspect.getdoc(base) or "").parse("google", warnings=False)
            for section in sections:
                if section.kind is DocstringSectionKind.attributes:
                    found |= {item.name: _plain(item.description) for item in section.value}
    return found


def _shown(annotation: Any) -> str:
    """A type in a few plain words."""
    if annotation is type(None):
        return "null"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        limits = [limit for item in arguments[1:] for limit in _limits(item)]
        return _shown(arguments[0]) + (f", {', '.join(limits)}" if limits else "")
    if origin is Literal:
        return " or ".join(f"`{item}`" for item in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_shown(item) for item in arguments))
    if origin in (tuple, list):
        return f"list of: {_shown(arguments[0])}"
    if origin is dict:
        return f"mapping of names to: {_shown(arguments[-1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{item.value}`" for item in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        kind = annotation.model_fields.get("kind")
        return f"`kind: {get_args(kind.annotation)[0]}`" if kind else f"`{annotation.__name__}`"
    names = {int: "whole number", float: "number", str: "text", bool: "`true` or `false`"}
    return names.get(annotation, str(getattr(annotation, "__name__", annotation)))


def _limits(item: Any) -> Iterator[str]:
    """The limits of a number, as pydantic's field or as what it was made into."""
    for inner in getattr(item, "metadata", [item]):
        for key, word in {
            "ge": "at least",
            "gt": "above",
            "le": "at most",
            "lt": "below",
            "min_length": "entries at least",
        }.items():
            limit = getattr(inner, key, None)
            if limit is not None:
                yield f"{word} {limit:g}" if key != "min_length" else f"at least {limit} entries"


def _plain(text: str) -> str:
    """Docstring markup as Markdown, on one line of a table."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", " ".join(text.split()))
    return text.replace("``", "`").replace("|", "\\|")
