"""Reading params.yaml, and errors that name the key and the nearest valid name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.yaml12 import Loader
from pipeline.core.errors import ConfigError

PARAMS = Path("params.yaml")


T = TypeVar("T")


class Settings(BaseModel):
    """The base of every section: unknown keys and loose types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def read_params(path: Path = PARAMS) -> dict[str, Any]:
    """The raw content of a params file.

    Raises:
        ConfigError: the file is absent, is not YAML, or is not a mapping.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; run from the repository's root") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise ConfigError(f"{path}:{line} {problem}") from None
    if not isinstance(data, dict):
        raise ConfigError(
            f"{path}: expected sections such as 'datasets:', found {type(data).__name__}"
        )
    return data


def find(data: Any, keys: Sequence[str], source: Path = PARAMS) -> Any:
    """What lies at the end of a way of keys.

    Raises:
        ConfigError: a key is not there; names the nearest that is.

    Example:
        >>> find({"views": {"demo-mel": {"bands": 64}}}, ("views", "demo-mel", "bands"))
        64
    """
    for depth, key in enumerate(keys):
        if not isinstance(data, dict) or key not in data:
            known = data if isinstance(data, dict) else {}
            where = ".".join(keys[:depth])
            raise ConfigError(f"{source}: {unknown(key, known, where or 'sections')}")
        data = data[key]
    return data


def parse(kind: type[T], data: Any, where: str = "", source: Path = PARAMS) -> T:
    """Validate plain data against a type.

    Example:
        >>> class Knob(Settings):
        ...     size: int
        >>> parse(Knob, {"size": 3}).size
        3
        >>> parse(Knob, {"sise": 3}, "knob")
        Traceback (most recent call last):
        ...
        pipeline.core.errors.ConfigError: params.yaml: knob.sise is not a known key; ...
    """
    try:
        return TypeAdapter(kind).validate_json(json.dumps(data))
    except ValidationError as error:
        raise ConfigError(f"{source}: {_explain(error, kind, where)}") from None
    except TypeError as error:
        raise ConfigError(f"{source}: {where}: {error}") from None


def unknown(name: str, known: Iterable[str], where: str) -> str:
    """One line for a name that is not there, with the nearest that is.

    Example:
        >>> unknown("ravdes", ["demo", "ravdess"], "datasets")
        "datasets: 'ravdes' is not there; did you mean 'ravdess'?"
    """
    return f"{where}: {name!r} is not there; {nearest(name, known)}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Words that lead from a wrong name to the right one.

    Example:
        >>> nearest("zzz", ["demo", "ravdess"])
        'it may be: demo, ravdess'
    """
    names = [str(item) for item in known]
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "it may be: " + ", ".join(names) if names else "nothing is defined there"


def _explain(error: ValidationError, kind: Any, where: str) -> str:
    """The unknown key first, for it is often the cause of the missing one."""
    details = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    first = details[0]
    key = ".".join([where, *(str(part) for part in first["loc"])]).strip(".")
    alike = sum(item["type"] == first["type"] for item in details) - 1
    rest = f" (and {alike} more)" if alike else ""
    return _sentence(kind, first, details, key) + rest


def _sentence(kind: Any, first: ErrorDetails, details: list[ErrorDetails], key: str) -> str:
    if first["type"] == "extra_forbidden":
        missing = [str(item["loc"][-1]) for item in details if item["type"] == "missing"]
        known = missing or _keys_at(kind, first["loc"][:-1])
        return f"{key} is not a known key; {nearest(str(first['loc'][-1]), known)}"
    if first["type"] == "missing":
        return f"{key} is missing"
    if first["type"] in ("union_tag_invalid", "literal_error", "enum"):
        context: Mapping[str, Any] = first.get("ctx", {})
        expected = str(context.get("expected_tags") or context.get("expected", ""))
        names = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
        given = context.get("tag", first["input"])
        tag = str(context.get("discriminator", "")).strip("'")
        return f"{key}{'.' + tag if tag else ''}: {given!r} is not allowed; {nearest(given, names)}"
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if first["msg"].startswith("Input should be "):
        return f"{key}: {first['input']!r} should be {message}"
    return f"{key}: {message}" if key else message


def _keys_at(kind: Any, path: tuple[int | str, ...]) -> list[str]:
    """The keys that a type allows at a place inside it."""
    node: Any = TypeAdapter(kind).json_schema()
    shared = node.get("$defs", {})

    def resolve(item: Any) -> Any:
        while isinstance(item, dict) and "$ref" in item:
            item = shared[item["$ref"].rsplit("/", 1)[-1]]
        return item

    node = resolve(node)
    for part in path:
        tags = node.get("discriminator", {}).get("mapping", {})
        if str(part) in tags:
            node = resolve({"$ref": tags[str(part)]})
        else:
            inside = node.get("properties", {}).get(str(part))
            node = resolve(inside or node.get("additionalProperties") or node.get("items") or {})
    return sorted(node.get("properties", {}))
