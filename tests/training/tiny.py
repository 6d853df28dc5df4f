"""A recipe of a few small images, with everything that training reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.base import parse
from pipeline.config.folders import load
from pipeline.config.recipes import RecipeSettings
from pipeline.config.trainings import TrainingSettings
from pipeline.core.storage import write_json
from pipeline.heads import fitting
from pipeline.networks.spectrogram_net import SpectrogramNetSettings
from pipeline.training import embeddings, runs
from pipeline.training.initial_weights.weights import Start
from pipeline.training.runs import Recipe
from pipeline.views.packed import View
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
    settings = {"scale": "clip", "top_db": 80.0}
    if colours:
        images = np.stack([images, images // 2, 255 - images], axis=1)
    about = {"shape": list(images.shape[1:]), "settings": settings}
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


def recipe(from_: Start | None = None, **changes: Any) -> Recipe:
    """The tiny recipe, with a few settings changed.

    ``embeddings``, ``seeds``, ``start`` go to the recipe; the rest to the training.

    Args:
        from_: where the training begins; by default from scratch.
        changes: of settings.
    """
    brief = load(TrainingSettings, "trainings", "brief", root=ROOT).model_dump()
    own = {key: changes.pop(key) for key in ("embeddings", "seeds", "start") if key in changes}
    table = clips()
    return Recipe(
        name="tiny",
        settings=parse(
            RecipeSettings,
            {
                "title": "Tiny",
                "dataset": "lab",
                "view": "lab-mel",
                "emotions": EMOTIONS,
                "protocol": "speaker",
                "network": "tiny",
                "family": "spectrogram_net",
                "start": "scratch",
                "training": "tiny",
                "seeds": [0],
                "embeddings": {"kind": "plain"},
                "heads": ["softmax"],
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
        start=from_ or Start(Path(), {"kind": "scratch", "files": {}, "speakers": []}),
        view=view(table),
        split=split(table),
        inputs={"view": "0" * 64, "split": "1" * 64, "start": "2" * 64},
    )


def cook(root: Path, made: Recipe, known: dict[str, Any]) -> pd.DataFrame:
    """Train, embed and fit heads, and leave the files of these stages under a root.

    Returns:
        The predictions.
    """
    networks, heads = root / "models/networks/tiny", root / "models/heads/tiny"
    curves = root / "reports/recipes/tiny/curves.csv"
    done = runs.train(made, networks, curves, root / "work", runs.nobody, progress=False)
    weights = {(item["fold"], item["seed"]): item["sha256"] for item in done["networks"]}
    write_json(root / "data/views/lab-mel/about.json", {"settings": VIEW})
    told, tables = [], []
    for fold, seed in sorted({(member.fold, member.seed) for member in made.members()}):
        trained = {
            member.part: runs.load(networks, member, made)
            for member in made.members()
            if (member.fold, member.seed) == (fold, seed)
        }
        table = embeddings.table(made, fold, seed, trained)
        cooked, answers = fitting.cook(table, EMOTIONS, list(known), known, chosen=True)
        for each in cooked:
            files = fitting.save(each, heads / f"fold-{fold}-seed-{seed}")
            facts = fitting.facts(each, files, heads, weights[fold, seed])
            told.append({"head": each.name, "fold": fold, "seed": seed, **facts})
        tables.append(answers.assign(fold=fold, seed=seed))
    about = {"recipe": "tiny", "emotions": list(EMOTIONS), "library_versions": {}, "heads": told}
    write_json(heads / "about.json", about)
    path = root / "data/predictions/tiny.csv"
    path.parent.mkdir(parents=True)
    predictions = pd.concat(tables, ignore_index=True)
    predictions.to_csv(path, index=False)
    return predictions
