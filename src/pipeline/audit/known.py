"""The recipes and heads that files of papers and studies may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pipeline.config.base import read_params, unknown
from pipeline.config.folders import recipes, section_file
from pipeline.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class KnownRecipes:
    """Every recipe with its heads, read once.

    Attributes:
        heads: of each recipe, by its name.

    Example:
        >>> known = KnownRecipes({"demo": ("softmax", "svm")})
        >>> known.require("dema", "papers/mine/params.yaml: figures.row.recipe")
        Traceback (most recent call last):
        ...
        pipeline.core.errors.ConfigError: papers/mine/params.yaml: figures.row.recipe: 'dema' ...
    """

    heads: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, root: Path = Path()) -> Self:
        """Those of a repository."""
        sets: dict[str, Any] = read_params(section_file("heads", root)).get("heads") or {}
        return cls(
            {
                name: tuple(sets.get(str(data.get("heads"))) or ())
                for name, (_, data) in recipes(root).items()
            }
        )

    def require(self, recipe: str, where: str) -> None:
        """Stop unless there is such a recipe.

        Args:
            recipe: its name.
            where: the file and the key that name it.

        Raises:
            ConfigError: it is not there; names the nearest.
        """
        if recipe not in self.heads:
            raise ConfigError(unknown(recipe, self.heads, where))

    def require_head(self, recipe: str, head: str, where: str, where_head: str) -> None:
        """Stop unless there is such a recipe, and it has such a head.

        Args:
            recipe: its name.
            head: its name.
            where: the file and the key that name the recipe.
            where_head: likewise of the head.

        Raises:
            ConfigError: one is not there; names the nearest.
        """
        self.require(recipe, where)
        if head not in self.heads[recipe]:
            raise ConfigError(unknown(head, self.heads[recipe], f"{where_head}: heads of {recipe}"))
