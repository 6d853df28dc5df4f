"""Settings of the studies that put recipes side by side: the ladder of leaks, the corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import field_validator

from pipeline.audit.known import KnownRecipes
from pipeline.config.base import Settings, T, find, parse, read_params, unknown
from pipeline.splits import registry

LADDER: Final = Path("studies/ladder/params.yaml")
MATRIX: Final = Path("studies/corpora/params.yaml")


class LadderSettings(Settings):
    """One model's way from the leakiest split to the one farthest from training.

    Attributes:
        head: whose figures are shown.
        steps: by kind of protocol, the leakiest first, the recipe.
    """

    head: str
    steps: dict[str, str]

    @field_validator("steps")
    @classmethod
    def _known_kinds(cls, steps: dict[str, str]) -> dict[str, str]:
        for kind in steps:
            if kind not in registry.kinds():
                raise ValueError(unknown(kind, registry.kinds(), "kinds of protocol"))
        return steps


class AuditSettings(Settings):
    """What the studies put side by side.

    Attributes:
        ladder: by the name of a model.
        matrix: by the number of emotions, and by the corpus that is trained on, the recipe
            that tests on the others.
    """

    ladder: dict[str, LadderSettings]
    matrix: dict[str, dict[str, str]]


def read_audit(root: Path = Path()) -> AuditSettings:
    """Read and check the sections of both studies; a study that is not there has none.

    Args:
        root: of the repository.

    Raises:
        ConfigError: a key is unknown or of the wrong type, or a recipe or head is not there.
    """
    found = AuditSettings(
        ladder=_section(dict[str, LadderSettings], root / LADDER, "ladder"),
        matrix=_section(dict[str, dict[str, str]], root / MATRIX, "matrix"),
    )
    known = KnownRecipes.read(root)
    for model, ladder in found.ladder.items():
        for step, recipe in ladder.steps.items():
            where = f"{root / LADDER}: ladder.{model}"
            known.require_head(recipe, ladder.head, f"{where}.steps.{step}", f"{where}.head")
    for emotions, row in found.matrix.items():
        for corpus, recipe in row.items():
            known.require(recipe, f"{root / MATRIX}: matrix.{emotions}.{corpus}")
    return found


def _section(kind: type[T], path: Path, key: str) -> T:
    if not path.is_file():
        return kind()
    return parse(kind, find(read_params(path), [key], path), key, source=path)
