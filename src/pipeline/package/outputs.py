"""From what the stages of a recipe made to what ``package.json`` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from pipeline.config.recipes import NetworkRecipeSettings, load_recipe
from pipeline.core.about import ABOUT
from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.heads.about import HeadFacts, HeadsAbout
from pipeline.package import calibration
from pipeline.package.about import PackageAbout, PackageRun
from pipeline.training.about import NetworkFacts, NetworksAbout
from pipeline.training.run import MAIN, Run
from pipeline.views.packed import ViewAbout

VOTE: Final = "vote"


def describe(recipe: str, head: str, root: Path = Path()) -> PackageAbout:
    """What ``package.json`` says of a package of a recipe.

    Args:
        recipe: that was run.
        head: one of its heads.
        root: of the repository.

    Raises:
        PackageError: an output is missing, the recipe has no such head, or no single
            recording can be rendered as its view.
    """
    layout, cure = Layout(root), f"ser run {recipe}"
    fitted = HeadsAbout.read(layout.heads(recipe), cure, PackageError)
    heads = [one for one in fitted.heads if one.head == head]
    if not heads:
        known = ", ".join(sorted({one.head for one in fitted.heads}))
        raise PackageError(f"{recipe}: no head {head!r}; it has {known}")
    networks = _networks(recipe, root)
    source: Any = networks or load_recipe(recipe, root)
    view = _view(source.view, layout, cure)
    facts = {
        "recipe": recipe,
        "dataset": source.dataset,
        "view": source.view,
        "view_settings": view.settings,
        "temperature": _temperature(layout.predictions(recipe), fitted, head, cure),
        "head": head,
        "emotions": fitted.emotions,
        "shape": view.shape,
        "network": networks.network if networks else None,
        "test_views": networks.training["test_views"] if networks else 1,
        "runs": [
            _run(one, networks.networks if networks else ()).model_dump(mode="json")
            for one in heads
        ],
    }
    return PackageAbout.parse(facts)


def _networks(recipe: str, root: Path) -> NetworksAbout | None:
    """The networks of a recipe, if it has any."""
    folder = Layout(root).networks(recipe)
    if not (folder / ABOUT).is_file():
        settings = load_recipe(recipe, root)
        if not isinstance(settings, NetworkRecipeSettings):
            return None
    return NetworksAbout.read(folder, f"ser run {recipe}", PackageError)


def _view(name: str, layout: Layout, cure: str) -> ViewAbout:
    """The description of a view, whose settings say how a recording becomes a row."""
    about = ViewAbout.read(layout.view(name), cure, PackageError)
    if about.settings.get("scale") == "dataset":
        raise PackageError(
            f"views.{name}.scale is 'dataset', which no single recording has; "
            "let the recipe use a view with scale: clip"
        )
    return about


def _temperature(path: Path, fitted: HeadsAbout, head: str, cure: str) -> float | None:
    """The temperature of a head; none where training left no validation clips."""
    if not path.is_file():
        raise PackageError(f"{path}: not here; make it with: {cure}")
    table = pd.read_csv(path, dtype={"role": str, "head": str, "true": str})
    rows = table[(table["role"] == "validation") & (table["head"] == head)]
    if rows.empty:
        return None
    emotions = list(fitted.emotions)
    probabilities = rows[[f"p_{emotion}" for emotion in emotions]].to_numpy()
    true = pd.Categorical(rows["true"], categories=emotions).codes.astype(np.int64)
    return round(calibration.fit_temperature(probabilities, true), 4)


def _run(head: HeadFacts, networks: Iterable[NetworkFacts]) -> PackageRun:
    """One fold and seed of a head, with the networks that it needs."""
    is_vote = head.settings["kind"] == VOTE
    names: list[str] = list(head.settings["members"]) if is_vote else [head.head]
    weights = {
        item.run.part: item.weights
        for item in networks
        if (item.fold, item.seed) == (head.fold, head.seed)
    }
    stems = {Path(file).stem for file in head.files}
    heads = {name: files for name in names if (files := _files(name, stems, weights))}
    parts = {part for files in heads.values() for part in files}
    if len(heads) < len(names):  # A head without files is the network's own output.
        parts.add(MAIN)
    return PackageRun(
        fold=head.fold,
        seed=head.seed,
        folder=Run(head.fold, head.seed).name,
        names=tuple(names),
        networks={part: weights[part] for part in sorted(parts & weights.keys())},
        heads=heads,
        files=head.files,
    )


def _files(name: str, stems: set[str], weights: Mapping[int, str]) -> dict[int, str]:
    """A head's files by the part of the network that it reads."""
    named = {part: name if part == MAIN else f"{name}-part-{part}" for part in weights or (MAIN,)}
    return {part: stem for part, stem in named.items() if stem in stems}
