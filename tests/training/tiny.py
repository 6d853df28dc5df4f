"""A recipe of a few small images, with everything that training reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.base import parse
from pipeline.config.folders import load
from pipeline.config.recipes import NetworkRecipeSettings
from pipeline.config.trainings import TrainingSettings
from pipeline.core.layout import Layout
from pipeline.heads import fitting, tables
from pipeline.heads.about import HeadsAbout
from pipeline.heads.settings import HeadSettings
from pipeline.networks.spectrogram_net import SpectrogramNetSettings
from pipeline.training import embeddings, runs
from pipeline.training.about import InitialWeightsAbout
from pipeline.training.initial_weights.weights import InitialWeights
from pipeline.training.recipe import Recipe
from pipeline.views.packed import View, ViewAbout
from tests.conftest import ROOT

EMOTIONS = ("happy", "sad", "angry")
SPEAKERS = tuple(f"lab-{number:02}" for number in range(6))
CLIPS_EACH = 6
VIEW = {
    "kind": "mel",
    "dataset": "lab",
    "audio": {
        "rate": 16000,
        "resampler": "HQ",
        "silence": {"trim_db": 40.0, "inner": False, "frame": 2048, "hop": 512},
        "normalise": "none",
        "rms_db": None,
        "seconds": 1.0,
        "fit": "centre",
    },
    "augment": [],
    "n_fft": 1024,
    "hop": 512,
    "bands": 32,
    "fmin": 0.0,
    "fmax": 8000.0,
    "top_db": 80.0,
    "height": 32,
    "width": 32,
    "channels": "grey",
    "colour_map": None,
    "scale": "clip",
}
"""How a recording becomes such an image."""


def clips() -> pd.DataFrame:
    """Six speakers, each with every emotion twice."""
    rows = [
        {
            "clip": f"lab/{speaker}-{take}",
            "speaker": speaker,
            "sex": "female" if int(speaker[-2:]) % 2 else "male",
            "emotion": EMOTIONS[take % len(EMOTIONS)],
        }
        for speaker in SPEAKERS
        for take in range(CLIPS_EACH)
    ]
    return pd.DataFrame(rows)


def view(table: pd.DataFrame, *, colours: bool = False) -> View:
    """Images whose stripes tell the emotion, and a little noise the speaker."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 80, (len(table), 32, 32))
    for place, emotion in enumerate(table["emotion"]):
        images[place, :: EMOTIONS.index(emotion) + 2] += 120
    rows = pd.DataFrame({"clip": table["clip"], "plane": "", "hash": "", "loudest_db": 0.0})
    if colours:
        images = np.stack([images, images // 2, 255 - images], axis=1)
    about = ViewAbout(
        settings=VIEW,
        rows=len(table),
        clips=len(table),
        planes=("",),
        shape=images.shape[1:],
        dtype="uint8",
        set_aside={},
    )
    return View(array=images.astype(np.uint8), table=rows, about=about)


def split(table: pd.DataFrame) -> pd.DataFrame:
    """Three folds of two speakers; validation is the next fold's first speaker."""
    parts = []
    for fold in range(3):
        tested = SPEAKERS[2 * fold : 2 * fold + 2]
        held = SPEAKERS[(2 * fold + 2) % 6]
        role = table["speaker"].map(
            lambda name, tested=tested, held=held: (
                "test" if name in tested else "validation" if name == held else "train"
            )
        )
        parts.append(table.assign(plane="", fold=fold, role=role, group=table["speaker"]))
    return pd.concat(parts, ignore_index=True)


RANDOM = InitialWeights(Path(), InitialWeightsAbout(kind="random"))
"""Weights that are all drawn."""


def recipe(initial_weights: InitialWeights = RANDOM, **changes: Any) -> Recipe:
    """The tiny recipe, with a few settings changed.

    ``embeddings`` and ``seeds`` go to the recipe; the rest to the training.

    Args:
        initial_weights: that the training begins from.
        changes: of settings.
    """
    brief = load(TrainingSettings, "trainings", "brief", root=ROOT).model_dump()
    own = {key: changes.pop(key) for key in ("embeddings", "seeds") if key in changes}
    table = clips()
    return Recipe(
        name="tiny",
        settings=parse(
            NetworkRecipeSettings,
            {
                "title": "Tiny",
                "dataset": "lab",
                "view": "lab-mel",
                "emotions": EMOTIONS,
                "protocol": "speaker",
                "network": "tiny",
                "initial_weights": "others",
                "training": "tiny",
                "seeds": [0],
                "embeddings": {"kind": "plain"},
                "heads": "softmax",
                **own,
            },
        ),
        network=parse(
            SpectrogramNetSettings,
            {
                "kind": "spectrogram-net",
                "width": 4,
                "pooling": "mean-max",
                "dropout": 0.1,
                "normalise": "band",
            },
        ),
        training=parse(TrainingSettings, {**brief, "epochs": 3, "batch": 6, **changes}),
        view=view(table),
        split=split(table),
        initial_weights=initial_weights,
        inputs={"view": "0" * 64, "split": "1" * 64, "initial_weights": "2" * 64},
    )


def run_stages(root: Path, made: Recipe, heads: Mapping[str, HeadSettings]) -> pd.DataFrame:
    """Train, embed and fit heads, and leave the files of these stages under a root.

    Args:
        root: of the repository that they are left in.
        made: the recipe.
        heads: to fit.

    Returns:
        The predictions.
    """
    layout = Layout(root)
    networks, folder = layout.networks("tiny"), layout.heads("tiny")
    trained = runs.train(made, networks, root / "work", progress=False)
    made.view.about.write(layout.view("lab-mel"))
    embedded = embeddings.embed_recipe(
        made, trained, networks, layout.embeddings("tiny"), progress=False
    )
    facts, predictions = [], []
    for item in embedded.networks:
        place = {"fold": item.fold, "seed": item.seed}
        table = tables.read(layout.embeddings("tiny") / f"{item.run.name}.parquet", "")
        fitted, predicted = fitting.fit_heads(table, EMOTIONS, heads, validated=embedded.validated)
        for head in fitted:
            files = fitting.save(head, folder / item.run.name)
            facts.append(fitting.facts(head, files, folder, network=item.sha256, **place))
        predictions.append(predicted.assign(**place))
    HeadsAbout(recipe="tiny", emotions=EMOTIONS, library_versions={}, heads=tuple(facts)).write(
        folder
    )
    path = layout.predictions("tiny")
    path.parent.mkdir(parents=True)
    predicted = pd.concat(predictions, ignore_index=True)
    predicted.to_csv(path, index=False)
    return predicted
