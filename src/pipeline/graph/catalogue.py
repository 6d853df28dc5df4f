"""The recipes of a repository, with what a person wants to know before running one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from pipeline.config import folders
from pipeline.config.base import nearest, read_params
from pipeline.core.errors import ConfigError
from pipeline.core.layout import Layout
from pipeline.core.storage import read_json
from pipeline.evaluation.results import all_run_with_this_code

MAIN: Final = "."
"""The folder of the main pipeline."""

PROVENANCE: Final = "provenance.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A recipe in a list of them.

    Attributes:
        recipe: its name.
        folder: of the paper or the study; ``.`` is the main pipeline.
        title: what it is.
        dataset: that it learns from.
        protocol: who trains and who is tested.
        network: that learns; none for recipes of heads alone.
        heads: the name of their set.
        run_with_this_code: whether its figures were made with this code.
        figures: the published figures that it stands beside.
    """

    recipe: str
    folder: str
    title: str
    dataset: str
    protocol: str
    network: str | None
    heads: str
    run_with_this_code: bool
    figures: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long the networks of a recipe train.

    Attributes:
        seconds: in all.
        basis: what it is known from.
    """

    seconds: float
    basis: str


def entries(
    figures: Mapping[str, tuple[str, ...]] | None = None,
    folder: str | None = None,
    root: Path = Path(),
) -> list[Entry]:
    """Every recipe, the main pipeline's first.

    Args:
        figures: the published figures that a recipe stands beside, by the recipe's name.
        folder: only the recipes of this folder, or of the one of this name.
        root: of the repository.

    Raises:
        ConfigError: there is no such folder.
    """
    run = all_run_with_this_code(root)
    beside = figures or {}
    found = [
        Entry(
            recipe=name,
            folder=path.parent.relative_to(root).as_posix(),
            title=str(item.get("title", "")),
            dataset=str(item.get("dataset", "")),
            protocol=str(item.get("protocol", "")),
            network=item.get("network"),
            heads=str(item.get("heads", "")),
            run_with_this_code=name in run,
            figures=beside.get(name, ()),
        )
        for name, (path, item) in folders.recipes(root).items()
    ]
    if folder is None:
        return found
    wanted = folder_of(folder, root).relative_to(root).as_posix()
    return [item for item in found if item.folder == wanted]


def folder_of(name: str, root: Path = Path()) -> Path:
    """A folder that recipes lie in.

    Args:
        name: its path or its last part (``papers/ijraset``, ``ijraset``); ``.`` or ``main`` is
            the main pipeline.
        root: of the repository.

    Raises:
        ConfigError: there is none, with the nearest that there is.
    """
    known = {path.parent.relative_to(root).as_posix() for path in folders.recipe_files(root)}
    if name in (MAIN, "main"):
        return root
    for path in sorted(known - {MAIN}):
        if name.strip("/") in (path, Path(path).name):
            return root / path
    named = [*sorted(known), *(Path(path).name for path in sorted(known - {MAIN}))]
    raise ConfigError(
        f"no folder {name!r}; {nearest(name, named)} (lay one out with: ser paper new NAME)"
    )


def estimate(recipe: str, root: Path = Path()) -> Estimate | None:
    """How long a recipe's networks train, from what was measured when recipes were run.

    Args:
        recipe: its name.
        root: of the repository.

    Returns:
        Nothing where neither it nor one like it was run, or where it has no network. Like it
        is a recipe with the same network and training on the same view, else on the same
        dataset.
    """
    known = {name: item for name, (_, item) in folders.recipes(root).items()}
    own = known[recipe]
    if "network" not in own:
        return None
    measured = {name: found for name in known if (found := _measured(name, root))}
    if recipe in measured:
        found = measured[recipe]
        return Estimate(found["seconds"], f"when it was last run, on {found['processor']}")
    planned = networks(own, root)
    for keys in (("network", "training", "view"), ("network", "training", "dataset")):
        alike = {
            name: found
            for name, found in measured.items()
            if all(known[name].get(key) == own[key] for key in keys)
        }
        if alike and planned:
            each = median(found["seconds"] / found["networks"] for found in alike.values())
            return Estimate(
                round(each * planned, 1),
                f"{planned} networks as in {', '.join(sorted(alike)[:3])}, "
                f"on {next(iter(alike.values()))['processor']}",
            )
    return None


def networks(recipe: Mapping[str, Any], root: Path = Path()) -> int | None:
    """How many networks a recipe trains; nothing where its protocol does not say the folds.

    Args:
        recipe: its values.
        root: of the repository.
    """
    protocol = read_params(folders.section_file("protocols", root))["protocols"]
    dealt: Mapping[str, Any] = protocol[recipe["protocol"]]
    folds = dealt.get("first") or dealt.get("folds")
    if folds is None:
        folds = 1 if dealt["kind"] == "corpus" else None
    parts = recipe["embeddings"].get("parts", 0) if "embeddings" in recipe else 0
    return folds * len(recipe["seeds"]) * (1 + parts) if folds else None


def _measured(recipe: str, root: Path) -> dict[str, Any] | None:
    """What is known of the cost of a recipe, if its trainings were timed."""
    path = Layout(root).report(recipe) / PROVENANCE
    if not path.is_file():
        return None
    found = read_json(path, f"ser run {recipe}", ConfigError)
    return found if found.get("seconds") and found.get("networks") else None
