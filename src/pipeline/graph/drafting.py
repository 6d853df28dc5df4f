"""New recipes, and values of recipes, written into the params.yaml that they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from pipeline.config import folders
from pipeline.config.base import PARAMS, find, nearest, read_params, unknown
from pipeline.config.recipes import SECTIONS
from pipeline.config.yaml12 import Loader
from pipeline.core.errors import ConfigError
from pipeline.graph import editing
from pipeline.graph.catalogue import folder_of
from pipeline.graph.folder import NAME, lay_stages

NAMED: Final = {
    "network": "networks",
    "training": "trainings",
    "protocol": "protocols",
    "view": "views",
    "heads": "heads",
}
"""The keys of a recipe that name an entry of a section."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value that was changed.

    Attributes:
        path: of the file.
        key: the full name of the value.
        old: what it was.
        new: what it is.
        others: recipes beside the one meant that it changes as well.
    """

    path: Path
    key: str
    old: Any
    new: Any
    others: tuple[str, ...]


def assignment(words: str) -> tuple[str, Any]:
    """A key and its value, as they are typed.

    Raises:
        ConfigError: there is no ``=``, or the value is not YAML.

    Example:
        >>> assignment("heads.xgboost.max_depth=5"), assignment("seeds=[0, 1]")
        (('heads.xgboost.max_depth', 5), ('seeds', [0, 1]))
        >>> assignment("title=RAVDESS: no actor on both sides")
        ('title', 'RAVDESS: no actor on both sides')
    """
    key, equals, value = words.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{words!r}: a value is given as KEY=VALUE, such as seeds=[0,1]")
    if key.strip() == "title":
        return "title", value
    try:
        return key.strip(), yaml.load(value, Loader)
    except yaml.YAMLError:
        raise ConfigError(f"{words!r}: the value is not YAML") from None


def new_recipe(
    name: str,
    folder: str,
    like: str,
    values: Mapping[str, Any],
    root: Path = Path(),
) -> Path:
    """Add a recipe to the params.yaml of a folder; its comments and layout stay.

    Args:
        name: of the recipe; small letters, digits and hyphens.
        folder: of the paper or the study, or its name; ``.`` is the main pipeline.
        like: the recipe whose values it has.
        values: that differ, by key.
        root: of the repository.

    Returns:
        The file.

    Raises:
        ConfigError: the name will not do or is taken, there is no such folder, recipe or key,
            or the recipe would not be valid; nothing is changed.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(f"{name!r}: a name has small letters, digits and hyphens: cnn-mel-4")
    known = folders.recipes(root)
    if name in known:
        raise ConfigError(f"{known[name][0]}: {name!r} is there already; take another name")
    if like not in known:
        raise ConfigError(f"no recipe {like!r}; {nearest(like, known)}")
    entry = dict(known[like][1])
    section = section_of(like, root)
    _require(values, section)
    entry |= values
    path = folder_of(folder, root) / PARAMS
    text = editing.with_entry(path.read_text(encoding="utf-8"), section, name, entry, path)
    editing.save(path, text, root)
    if path.parent != root:
        lay_stages(path.parent, root)
    return path


def set_value(recipe: str, key: str, value: Any, root: Path = Path()) -> Change:
    """Change a value of a recipe, or of what it names, on the one line where it stands.

    Args:
        recipe: its name.
        key: of the recipe (``seeds``), or of what it names (``network.width``,
            ``heads.xgboost.max_depth``, ``training.epochs``, ``view.bands``).
        value: what it shall be.
        root: of the repository.

    Returns:
        What was changed, and which other recipes it changes.

    Raises:
        ConfigError: there is no such recipe or key, or the value is not valid; nothing is
            changed.
    """
    from pipeline.stages import params

    known = folders.recipes(root)
    if recipe not in known:
        raise ConfigError(f"no recipe {recipe!r}; {nearest(recipe, known)}")
    path, item = known[recipe]
    first, *rest = key.split(".")
    keys = [section_of(recipe, root), recipe, first, *rest]
    if rest and first in NAMED and first in item:
        keys = [NAMED[first], str(item[first]), *rest]
        path = (
            folders.view_file(keys[1], root)
            if first == "view"
            else folders.section_file(keys[0], root)
        )
    elif not rest:
        _require([first], keys[0])
    before = params.read(root)
    old = find(read_params(path), keys, path)
    text = editing.with_value(path.read_text(encoding="utf-8"), keys, value, path)
    after = editing.check(path, text, root)
    changed = [
        name
        for name in before.recipes
        if params.resolve(before, name) != params.resolve(after, name)
    ]
    editing.save(path, text, root)
    others = tuple(name for name in changed if name != recipe)
    return Change(path, ".".join(keys), old, value, others)


def section_of(recipe: str, root: Path = Path()) -> str:
    """The section that a recipe lies in: with a network, or without."""
    path, _ = folders.recipes(root)[recipe]
    data = read_params(path)
    return next(name for name in folders.RECIPE_SECTIONS if recipe in (data.get(name) or {}))


def _require(keys: Sequence[str] | Mapping[str, Any], section: str) -> None:
    """Stop at a key that recipes of a section do not have."""
    allowed = list(SECTIONS[section].model_fields)
    for key in keys:
        if key not in allowed:
            raise ConfigError(unknown(key, allowed, "recipe"))
