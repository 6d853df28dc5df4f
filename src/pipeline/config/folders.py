"""The params.yaml files of a repository, read as one.

What is shared lies in two of them: ``inputs/params.yaml`` says what recipes start from
(corpora, datasets, views, initial weights) and the root's says what they are made of
(protocols, networks, trainings, heads). Recipes lie in the root's file, which holds the
main pipeline, and in one folder for each paper and each study. A name means one thing:
the same recipe in two files is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pipeline.config.base import PARAMS, T, find, parse, read_params
from pipeline.core.errors import ConfigError

INPUTS: Final = Path("inputs") / PARAMS
"""The file of what recipes start from."""

INPUT_SECTIONS: Final = ("download", "corpora", "datasets", "index", "views", "initial_weights")
RECIPE_SECTIONS: Final = ("recipes_with_network", "recipes_without_network")
VIEWS: Final = "views"
PARENTS: Final = ("papers", "studies")


def recipe_files(root: Path = Path()) -> list[Path]:
    """Every params.yaml that may hold recipes, the main pipeline's first."""
    found = [path for parent in PARENTS for path in (root / parent).glob(f"*/{PARAMS}")]
    return [root / PARAMS, *sorted(found)]


def section_file(section: str, root: Path = Path()) -> Path:
    """The file of a shared section.

    Example:
        >>> section_file("views").as_posix(), section_file("networks").as_posix()
        ('inputs/params.yaml', 'params.yaml')
    """
    return root / (INPUTS if section in INPUT_SECTIONS else PARAMS)


def load(kind: type[T], *keys: str, root: Path = Path()) -> T:
    """One shared section, or one entry of it, as its type.

    Args:
        kind: the type, a :class:`~pipeline.config.base.Settings` or a union of them.
        keys: the way to it, such as ``"views", "demo-mel"``.
        root: of the repository.

    Raises:
        ConfigError: the section is absent or not valid.
    """
    path = (
        view_file(keys[1], root) if keys[0] == VIEWS and keys[1:] else section_file(keys[0], root)
    )
    return parse(kind, find(read_params(path), keys, path), ".".join(keys), source=path)


def names(section: str, root: Path = Path()) -> list[str]:
    """The names in a shared section."""
    return list(map(str, read_params(section_file(section, root)).get(section) or {}))


def view_file(view: str, root: Path = Path()) -> Path:
    """The file that a view lies in: the inputs', or that of the one paper that uses it."""
    found = views(root).get(view)
    return found[0] if found else section_file(VIEWS, root)


def views(root: Path = Path()) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Every view as plain data, with the file that it lies in.

    Raises:
        ConfigError: two files have a view of the same name.
    """
    return _unique((path, _entries(path, VIEWS)) for path in (root / INPUTS, *recipe_files(root)))


def recipes(root: Path = Path()) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Every recipe as plain data, with the file that it lies in.

    Raises:
        ConfigError: two files have a recipe of the same name.
    """
    return _unique((path, _entries(path, *RECIPE_SECTIONS)) for path in recipe_files(root))


def _entries(path: Path, *sections: str) -> list[tuple[str, Any]]:
    data = read_params(path)
    return [(str(name), item) for key in sections for name, item in (data.get(key) or {}).items()]


def _unique(
    files: Iterable[tuple[Path, list[tuple[str, Any]]]],
) -> dict[str, tuple[Path, dict[str, Any]]]:
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path, entries in files:
        for name, item in entries:
            if name in found:
                raise ConfigError(f"{path}: {name!r} is in {found[name][0]} as well; rename one")
            found[name] = (path, item)
    return found
