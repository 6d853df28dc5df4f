"""From the names that people use to the addresses that DVC takes.

A stage lies in the dvc.yaml of the main pipeline, of the inputs, or of a paper's or a
study's folder. DVC wants that file named, as in ``papers/ijraset/dvc.yaml:train@cnn-mel-4``;
here ``train@cnn-mel-4`` is enough, and so is the name of a recipe or of a folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pipeline.config.base import PARAMS, nearest, read_params
from pipeline.config.folders import INPUTS, PARENTS, recipe_files
from pipeline.config.yaml12 import read_yaml
from pipeline.core.errors import ConfigError

GRAPH: Final = "dvc.yaml"
LOCK: Final = "dvc.lock"
LAST: Final = "evaluate"
"""The stage that ends a recipe."""

SIDES: Final = ("recipe", "random", "honest")
"""The recipes that a published figure may name."""


@dataclass(frozen=True)
class Graph:
    """All stages of a repository, by the file that they lie in.

    Attributes:
        root: of the repository.
    """

    root: Path = Path()

    @cached_property
    def files(self) -> list[Path]:
        """Every dvc.yaml, the main pipeline's first."""
        folders = [path.parent for path in (*recipe_files(self.root), self.root / INPUTS)]
        folders += [self.root / parent for parent in PARENTS]
        found = (folder / GRAPH for folder in folders)
        return [path for path in found if path.is_file()]

    @cached_property
    def stages(self) -> dict[str, Path]:
        """The file of every stage, by the stage's name."""
        return {name: path for path in self.files for name in _stages(path)}

    @cached_property
    def recipes(self) -> dict[str, Path]:
        """The file of every recipe, by the recipe's name."""
        last = f"{LAST}@"
        return {
            name.removeprefix(last): path
            for name, path in self.stages.items()
            if name.startswith(last)
        }

    def addresses(self, target: str) -> list[str]:
        """What DVC calls a target.

        Args:
            target: a stage (``train@demo``), a recipe (``demo``: up to its report), a folder
                or its name (``papers/ijraset``, ``ijraset``), or an address of DVC's own.

        Raises:
            ConfigError: there is nothing of that name, with the nearest that there is; or
                the folder holds no recipe.
        """
        if ":" in target or target.endswith(GRAPH):
            return [target]
        if target in self.stages:
            return [self._address(self.stages[target], target)]
        if target in self.recipes:
            return [self._address(self.recipes[target], f"{LAST}@{target}")]
        for path in recipe_files(self.root)[1:]:
            folder = path.parent.relative_to(self.root)
            if target.strip("/") in (folder.as_posix(), folder.name):
                return self._folder(path)
        stage, at, name = target.partition("@")
        alike = [found for found in self.stages if found.startswith(f"{stage}@")] if at else []
        known = alike or [*self.recipes, *self.stages]
        if alike:
            names = [found.partition("@")[2] for found in alike]
            raise ConfigError(f"no stage {target!r}; {nearest(name, names)}")
        raise ConfigError(f"no recipe, stage or folder {target!r}; {nearest(target, known)}")

    def address_of_recipe(self, recipe: str) -> str:
        """What DVC calls the stage that ends a recipe.

        Args:
            recipe: its name.

        Raises:
            ConfigError: there is no such recipe, with the nearest that there is.
        """
        if recipe not in self.recipes:
            raise ConfigError(f"no recipe {recipe!r}; {nearest(recipe, self.recipes)}")
        return self._address(self.recipes[recipe], f"{LAST}@{recipe}")

    def _folder(self, params: Path) -> list[str]:
        """A folder's own recipes; where it has none, those that its figures stand beside."""
        graph = params.with_name(GRAPH)
        if graph in self.recipes.values():
            # By itself, for DVC takes a file without stages for the whole repository.
            return [graph.relative_to(self.root).as_posix()]
        figures = (read_params(params).get("figures") or {}).values()
        named = [row[side] for row in figures for side in SIDES if side in row]
        known = dict.fromkeys(name for name in named if name in self.recipes)
        if not known:
            raise ConfigError(f"{params}: holds no recipe that can be run; fill in its recipes")
        return [address for name in known for address in self.addresses(name)]

    def locks(self) -> list[Path]:
        """The lock file beside each graph, whether it is there yet or not."""
        return [path.with_name(LOCK) for path in self.files]

    def _address(self, path: Path, stage: str) -> str:
        file = path.relative_to(self.root)
        return stage if file == Path(GRAPH) else f"{file.as_posix()}:{stage}"


def _stages(path: Path) -> Iterator[str]:
    """The names of the stages that a dvc.yaml defines."""
    params: dict[str, Any] | None = None
    for name, body in (read_yaml(path).get("stages") or {}).items():
        if "foreach" not in body:
            yield str(name)
            continue
        if params is None:
            params = read_params(path.with_name(PARAMS.name))
        section = str(body["foreach"]).removeprefix("${").removesuffix("}")
        yield from (f"{name}@{key}" for key in params.get(section) or {})
