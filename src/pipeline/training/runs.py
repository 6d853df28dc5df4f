"""All networks of a recipe: one for each fold and seed, and what heads need besides.

They are trained one after the other. What is finished waits in a working folder that
outlives a kill, and the one under way goes on from its last checkpoint; when all are
there they are put in place together.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from pipeline.core.errors import NetworkError
from pipeline.core.layout import Layout
from pipeline.core.machine import device
from pipeline.core.storage import atomic_folder, atomic_write, write_json
from pipeline.networks import registry
from pipeline.networks.network import Network
from pipeline.splits.roles import VALIDATION
from pipeline.training import loop, provenance
from pipeline.training.about import NetworkFacts, NetworksAbout
from pipeline.training.observer import Observe, RunObserver, unobserved
from pipeline.training.recipe import Recipe, file_hash, open_for_training
from pipeline.training.run import Run

CURVES: Final = "curves.csv"
"""The table of losses, epoch by epoch, beside the weights."""


def train_recipe(name: str, observe: Observe = unobserved, root: Path = Path()) -> NetworksAbout:
    """Train every network of a recipe, and note where and at what cost.

    Args:
        name: of the recipe.
        observe: opens an observer of each run.
        root: of the repository.

    Raises:
        SerError: something that the recipe needs is absent or wrong.
    """
    layout = Layout(root)
    recipe = open_for_training(name, root)
    clock = provenance.Clock(layout.training_seconds(name))
    about = train(recipe, layout.networks(name), layout.checkpoints(name), clock.observe(observe))
    provenance.write(about, clock, root)
    return about


def train(
    recipe: Recipe,
    folder: Path,
    work: Path,
    observe: Observe = unobserved,
    *,
    progress: bool = True,
) -> NetworksAbout:
    """Train every network of a recipe and put them in place.

    Args:
        recipe: with its data.
        folder: where weights, curves and ``about.json`` go, all together or not at all.
        work: where finished networks wait, and the checkpoint of the one under way.
        observe: opens an observer of each run.
        progress: show progress bars.

    Returns:
        What ``about.json`` says.
    """
    about = recipe.about()
    waiting = work / _digest(about)
    for other in set(work.glob("*")) - {waiting}:
        shutil.rmtree(other)
    waiting.mkdir(parents=True, exist_ok=True)
    runs = recipe.runs()
    for place, run in enumerate(runs, start=1):
        if not (waiting / f"{run.name}.json").is_file():
            label = f"{recipe.name} {place}/{len(runs)} {run.name}"
            with observe(about, run) as observer:
                _train_run(recipe, run, waiting, observer, label, progress)
    about = _put_in_place(about, runs, waiting, folder)
    shutil.rmtree(work)
    return about


def load(folder: Path, run: Run, recipe: Recipe) -> Network:
    """A trained network of a recipe, ready to predict, on the GPU when there is one.

    Args:
        folder: that ``train`` filled.
        run: of the network.
        recipe: that it belongs to.

    Raises:
        NetworkError: the file is absent or is not this network's.
    """
    path = folder / f"{run.name}.safetensors"
    shape = registry.row(recipe.view.about.shape)
    network = registry.make(recipe.network, shape, len(recipe.settings.emotions))
    try:
        network.load_state_dict(load_file(path))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise NetworkError(f"{path}: {str(error).splitlines()[0]}; train again") from None
    return network.to(device()).eval()


def _train_run(
    recipe: Recipe, run: Run, waiting: Path, observer: RunObserver, label: str, progress: bool
) -> None:
    assert recipe.initial_weights is not None, "opened for trained networks"
    training_rows = recipe.training_rows(run)
    settings = recipe.training
    validation = recipe.rows(run.fold, VALIDATION) if settings.validation == "stop" else None
    checkpoint = waiting / f"{run.name}.checkpoint"

    def on_epoch(epoch: loop.Epoch) -> None:
        figures = dataclasses.asdict(epoch)
        number = figures.pop("number")
        observer.epoch(number, {key: value for key, value in figures.items() if value is not None})

    fitted = loop.fit(
        recipe.images(training_rows, training_rows),
        None if validation is None else recipe.images(validation, training_rows),
        recipe.network,
        settings,
        emotions=len(recipe.settings.emotions),
        seed=run.seed,
        initial=recipe.initial_weights.load(run.seed),
        checkpoint=checkpoint,
        on_epoch=on_epoch,
        label=label,
        progress=progress,
    )
    weights = waiting / f"{run.name}.safetensors"
    with atomic_write(weights) as partial:
        state = fitted.network.cpu().state_dict()
        save_file({name: value.contiguous() for name, value in state.items()}, partial)
    facts = _facts(run, fitted, weights, len(training_rows)).model_dump(mode="json")
    epochs = [dataclasses.asdict(epoch) for epoch in fitted.epochs]
    # Written last: this file says that the network is finished.
    write_json(waiting / f"{run.name}.json", {"facts": facts, "epochs": epochs})
    checkpoint.unlink(missing_ok=True)
    observer.done(facts)


def _facts(run: Run, fitted: loop.Fitted, weights: Path, clips: int) -> NetworkFacts:
    best = fitted.best
    return NetworkFacts(
        fold=run.fold,
        seed=run.seed,
        part=run.number,
        weights=weights.name,
        sha256=file_hash(weights),
        parameters=registry.weights(fitted.network),
        clips=clips,
        epochs=len(fitted.epochs),
        best_epoch=best.number if best else None,
        validation_uar=best.validation_uar if best else None,
        validation_loss=best.validation_loss if best else None,
    )


def _put_in_place(
    about: NetworksAbout, runs: Sequence[Run], waiting: Path, folder: Path
) -> NetworksAbout:
    networks, lines = [], []
    with atomic_folder(folder) as partial:
        for run in runs:
            notes = json.loads((waiting / f"{run.name}.json").read_text(encoding="utf-8"))
            networks.append(NetworkFacts.model_validate_json(json.dumps(notes["facts"])))
            shutil.copy(waiting / networks[-1].weights, partial)
            lines += [_line(run, epoch) for epoch in notes["epochs"]]
        about = about.model_copy(update={"networks": tuple(networks)})
        about.write(partial)
        with (partial / CURVES).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    return about


def _line(run: Run, epoch: dict[str, Any]) -> dict[str, Any]:
    figures = {
        key: "" if epoch[key] is None else round(epoch[key], 6)
        for key in ("rate", "loss", "validation_loss", "validation_uar")
    }
    part = "" if run.number is None else run.number
    place = {"fold": run.fold, "seed": run.seed, "part": part, "epoch": epoch["number"]}
    return {**place, **figures}


def _digest(about: NetworksAbout) -> str:
    """What finished networks belong to: other data or settings begin anew.

    Other seeds do not, and neither do embeddings that need no networks of their own.
    """
    shared = about.model_dump(mode="json", exclude={"seeds", "networks"})
    if about.embeddings["kind"] != "out-of-fold":
        del shared["embeddings"]
    return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()[:16]
