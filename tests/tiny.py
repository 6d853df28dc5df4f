"""A recipe of a few small images, with everything that training reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.base import load, parse
from pipeline.config.networks import SpectrogramNetSettings
from pipeline.config.recipes import RecipeSettings
from pipeline.config.trainings import TrainingSettings
from pipeline.fleet import Recipe
from pipeline.views.pack import View
from tests.conftest import ROOT

EMOTIONS = ("happy", "sad", "angry")
SPEAKERS = tuple(f"lab-{number:02}" for number in range(6))
CLIPS_EACH = 6


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


def view(table: pd.DataFrame) -> View:
    """Images whose stripes tell the emotion, and a little noise the speaker."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 80, (len(table), 32, 32))
    for place, emotion in enumerate(table["emotion"]):
        images[place, :: EMOTIONS.index(emotion) + 2] += 120
    rows = pd.DataFrame({"clip": table["clip"], "plane": "", "hash": "", "loudest_db": 0.0})
    settings = {"scale": "clip", "top_db": 80.0}
    about = {"shape": [32, 32], "settings": settings}
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


def recipe(**changes: Any) -> Recipe:
    """The tiny recipe, with a few settings changed.

    ``embeddings``, ``seeds`` go to the recipe; the rest to the training.
    """
    brief = load(TrainingSettings, "trainings", "brief", path=ROOT / "params.yaml").model_dump()
    own = {key: changes.pop(key) for key in ("embeddings", "seeds") if key in changes}
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
                "training": "tiny",
                "seeds": [0],
                "embeddings": {"kind": "plain"},
                "heads": ["softmax"],
                **own,
            },
        ),
        network=parse(
            SpectrogramNetSettings,
            {"kind": "spectrogram-net", "width": 4, "pooling": "mean-max", "dropout": 0.1},
        ),
        training=parse(TrainingSettings, {**brief, "epochs": 3, "batch": 6, **changes}),
        view=view(table),
        split=split(table),
        inputs={"view": "0" * 64, "split": "1" * 64},
    )
