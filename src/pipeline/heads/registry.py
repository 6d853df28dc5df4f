"""Kinds of heads, found by their modules' names, and heads in and out of files.

A stored head is two files: what it learned, in a format that runs no code when it is read,
and ``<name>.json`` with its kind, classes and settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.config.base import PARAMS, find, nearest, read_params, unknown
from pipeline.config.folders import section_file
from pipeline.config.kinds import Kinds
from pipeline.core.errors import ConfigError, HeadError
from pipeline.core.storage import write_json
from pipeline.heads.settings import HeadSettings, LearnedSettings
from pipeline.heads.vote import VoteSettings

if TYPE_CHECKING:
    from pipeline.heads.head import Head

SHARED: Final = ("about", "boosting", "choice", "fitting", "head", "recipe", "settings", "tables")
HEADS: Final = Kinds("pipeline.heads", shared=frozenset(SHARED))
LIBRARIES: Final = ("lightgbm", "numpy", "optuna", "scikit-learn", "xgboost")
ALSO_CALLED: Final = {"xgboost": "xgboost-cpu"}
"""The same library without its GPU parts."""


def kinds() -> list[str]:
    """The kinds that there are.

    Example:
        >>> "random-forest" in kinds()
        True
    """
    return HEADS.names()


def parse_head(data: Any, where: str = "", source: Path = PARAMS) -> HeadSettings:
    """Validate plain data.

    Args:
        data: of one head.
        where: it stands, such as ``heads.all.svm``.
        source: the file that it stands in.

    Raises:
        ConfigError: the kind is unknown, or a setting is.

    Example:
        >>> parse_head({"kind": "swm"}, "heads.all.svm")
        Traceback (most recent call last):
        ...
        pipeline.core.errors.ConfigError: params.yaml: heads.all.svm.kind: 'swm' is not allowed;
            did you mean 'svm'?
    """
    parsed: HeadSettings = HEADS.parse(data, where, source)
    return parsed


def load_heads(name: str, root: Path = Path()) -> dict[str, HeadSettings]:
    """A set of heads of params.yaml, in the order that it is written.

    Args:
        name: of the set, in the section ``heads``.
        root: of the repository.

    Raises:
        ConfigError: the set is absent, a head is not valid, or a vote's member is not in the set.
    """
    path = section_file("heads", root)
    entries = find(read_params(path), ("heads", name), path)
    named = isinstance(entries, dict) and all(isinstance(item, dict) for item in entries.values())
    if not entries or not named:
        raise ConfigError(
            f"{path}: heads.{name}: expected a set of heads, each under a name of its own, "
            "such as svm: {kind: svm, ...}"
        )
    heads = {head: parse_head(data, f"heads.{name}.{head}", path) for head, data in entries.items()}
    check_votes(heads, f"{path}: heads.{name}")
    return heads


def check_votes(heads: Mapping[str, HeadSettings], where: str) -> None:
    """Stop unless every vote is on heads of the same set that are no votes.

    Args:
        heads: a set, by name.
        where: it stands, such as ``params.yaml: heads.all``.

    Raises:
        ConfigError: naming the vote and the member.
    """
    for name, settings in heads.items():
        for member in settings.members if isinstance(settings, VoteSettings) else ():
            if member not in heads:
                raise ConfigError(unknown(member, heads, f"{where}.{name}.members"))
            if isinstance(heads[member], VoteSettings):
                raise ConfigError(
                    f"{where}.{name}.members: {member} is a vote itself; name its members"
                )


def make(settings: LearnedSettings) -> Head:
    """A head that has learned nothing yet.

    Args:
        settings: with one value wherever a list is allowed;
            :func:`pipeline.heads.choice.candidates` makes such settings.

    Raises:
        HeadError: something is left to choose.

    Example:
        >>> settings = {"kind": "svm", "kernel": "linear", "C": [3.0], "gamma": ["scale"],
        ...     "calibration": "training"}
        >>> make(parse_head(settings))
        Svm(C=3.0, kernel='linear')
    """
    values = settings.model_dump(mode="json", exclude={"kind", "search"})
    for name in settings.lists:
        if len(values[name]) != 1:
            raise HeadError(f"{name}: {len(values[name])} values, choose one of them first")
        values[name] = values[name][0]
    made: Head = HEADS.module(settings.kind).HEAD(**values)
    return made


def versions() -> dict[str, str]:
    """The libraries that heads depend on, none of which is imported."""
    return {name: _version(name) for name in LIBRARIES}


def describe(head: Head) -> dict[str, Any]:
    """A head's kind and settings, as plain data.

    Example:
        >>> from pipeline.heads import Svm
        >>> describe(Svm())["kind"]
        'svm'
    """
    kind = type(head).__module__.rpartition(".")[2].replace("_", "-")
    return {"kind": kind, **head.settings()}


def save(head: Head, folder: Path, name: str) -> list[Path]:
    """Write a fitted head into a folder.

    Returns:
        Its files: what it learned, then what describes it.
    """
    learned, about = folder / f"{name}{head.suffix}", folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    head.store(learned)
    facts = {
        "classes": head.classes_.tolist(),
        "numbers": head.n_features_in_,
        "settings": describe(head),
    }
    write_json(about, facts)
    return [learned, about]


def load(folder: Path, name: str) -> Head:
    """A fitted head from a folder.

    Raises:
        HeadError: it is not there, or its files are damaged.
    """
    about = folder / f"{name}.json"
    if not about.is_file():
        known = sorted(path.stem for path in folder.glob("*.json"))
        raise HeadError(f"{about}: no such head; {nearest(name, known)}")
    try:
        facts = json.loads(about.read_text(encoding="utf-8"))
        settings = facts["settings"]
        head: Head = HEADS.module(settings.pop("kind")).HEAD(**settings)
        head.classes_ = np.array(facts["classes"])
        head.n_features_in_ = facts["numbers"]
        head.restore(folder / f"{name}{head.suffix}")
    except Exception as error:  # each library has errors of its own
        reason = str(error).strip().splitlines()
        raise HeadError(
            f"{about.with_suffix('')}: damaged ({reason[0] if reason else type(error).__name__}); "
            "fit it again with: dvc repro heads@<recipe>"
        ) from None
    return head


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return metadata.version(ALSO_CALLED[library])
