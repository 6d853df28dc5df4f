"""All networks of a recipe: which there are, what each learns from, and kills."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import NetworkError, TrainingError
from pipeline.training import loop, runs
from pipeline.training.about import NetworksAbout
from pipeline.training.observer import Observe, unobserved
from pipeline.training.prediction import predict
from pipeline.training.recipe import Recipe
from pipeline.training.run import MAIN, Run
from tests.training import tiny

OUT_OF_FOLD = {"kind": "out-of-fold", "parts": 2}


def train(recipe: Recipe, folder: Path, observe: Observe = unobserved) -> NetworksAbout:
    return runs.train(recipe, folder / "models", folder / "work", observe, progress=False)


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "models").iterdir())
    }


def test_there_is_a_network_for_each_fold_and_seed() -> None:
    found = tiny.recipe(seeds=[0, 7]).runs()
    assert found == [Run(fold, seed) for seed in (0, 7) for fold in range(3)]


def test_out_of_fold_embeddings_need_a_network_for_each_part() -> None:
    found = tiny.recipe(embeddings=OUT_OF_FOLD).runs()
    assert [run.part for run in found[:3]] == [MAIN, 0, 1]


def test_a_network_learns_from_training_clips_alone() -> None:
    rows = tiny.recipe().training_rows(Run(0, 0))
    assert set(rows["speaker"]) == set(tiny.SPEAKERS[3:])


def test_a_fixed_schedule_learns_from_validation_clips_too() -> None:
    rows = tiny.recipe(validation="learn").training_rows(Run(0, 0))
    assert set(rows["speaker"]) == set(tiny.SPEAKERS[2:])


def test_colour_images_are_trained_on_as_the_view_stores_them(tmp_path: Path) -> None:
    recipe = dataclasses.replace(tiny.recipe(), view=tiny.view(tiny.clips(), colours=True))
    train(recipe, tmp_path)
    network = runs.load(tmp_path / "models", Run(0, 0), recipe)
    assert network.mean.shape == (3, 32)
    images = recipe.images(recipe.rows(0, "test"), recipe.rows(0, "train")).images
    probabilities, _ = predict(network, images)
    assert probabilities.shape == (12, 3)


def test_parts_keep_speakers_together_and_cover_the_training_side() -> None:
    recipe = tiny.recipe(embeddings=OUT_OF_FOLD)
    held = [set(recipe.held_out(Run(0, 0, part))["speaker"]) for part in (0, 1)]
    learned = [set(recipe.training_rows(Run(0, 0, part))["speaker"]) for part in (0, 1)]
    assert held[0] | held[1] == set(tiny.SPEAKERS[3:])
    assert not held[0] & held[1]
    assert not (held[0] & learned[0] or held[1] & learned[1])


def test_all_is_put_in_place_and_described(tmp_path: Path) -> None:
    about = train(tiny.recipe(), tmp_path)
    assert NetworksAbout.read(tmp_path / "models", "", NetworkError) == about
    assert [item.weights for item in about.networks] == [
        f"fold-{fold}-seed-0.safetensors" for fold in range(3)
    ]
    curves = pd.read_csv(tmp_path / "models/curves.csv")
    assert len(curves) == 9
    best = about.networks[0]
    line = curves[(curves["fold"] == 0) & (curves["epoch"] == best.best_epoch)].iloc[0]
    assert line["validation_uar"] == pytest.approx(best.validation_uar, abs=1e-6)
    assert not (tmp_path / "work").exists()


class KilledError(Exception):
    """Stands for a signal that ends the process."""


def test_killed_runs_go_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVED_EVERY", 0.0)
    epochs: list[int] = []

    class Deadly:
        def epoch(self, number: int, figures: dict[str, float]) -> None:
            epochs.append(number)
            if len(epochs) in (2, 6, 11):
                raise KilledError

        def done(self, facts: dict[str, Any]) -> None:
            pass

    @contextmanager
    def deadly(about: NetworksAbout, run: Run) -> Iterator[Deadly]:
        yield Deadly()

    for _ in range(3):
        with pytest.raises(KilledError):
            train(tiny.recipe(), tmp_path / "killed", deadly)
        assert not (tmp_path / "killed/models").exists()
    train(tiny.recipe(), tmp_path / "killed", deadly)
    train(tiny.recipe(), tmp_path / "undisturbed")
    assert hashes(tmp_path / "killed") == hashes(tmp_path / "undisturbed")


def test_test_labels_do_not_reach_the_weights(tmp_path: Path) -> None:
    recipe = tiny.recipe()
    shuffled = recipe.split.copy()
    tested = shuffled["role"] == "test"
    rng = np.random.default_rng(0)
    shuffled.loc[tested, "emotion"] = rng.permutation(shuffled.loc[tested, "emotion"])
    assert not shuffled.equals(recipe.split)
    train(recipe, tmp_path / "true")
    train(dataclasses.replace(recipe, split=shuffled), tmp_path / "shuffled")
    assert hashes(tmp_path / "true") == hashes(tmp_path / "shuffled")


def test_weights_are_read_back(tmp_path: Path) -> None:
    recipe = tiny.recipe()
    train(recipe, tmp_path)
    network = runs.load(tmp_path / "models", Run(0, 0), recipe)
    tested = recipe.rows(0, "test")
    images = recipe.images(tested, recipe.training_rows(Run(0, 0))).images
    probabilities, vectors = predict(network, images)
    assert probabilities.shape == (12, 3)
    assert vectors.shape == (12, network.width)


def test_a_damaged_file_of_weights_is_named(tmp_path: Path) -> None:
    recipe = tiny.recipe()
    train(recipe, tmp_path)
    (tmp_path / "models/fold-0-seed-0.safetensors").write_bytes(b"")
    with pytest.raises(NetworkError, match=r"fold-0-seed-0\.safetensors"):
        runs.load(tmp_path / "models", Run(0, 0), recipe)


def test_a_split_of_another_view_is_refused() -> None:
    recipe = tiny.recipe()
    recipe.split.loc[0, "clip"] = "lab/elsewhere"
    with pytest.raises(TrainingError, match="lab/elsewhere"):
        recipe.rows(0, "train", "validation", "test")
