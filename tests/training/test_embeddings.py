"""What heads learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import TrainingError
from pipeline.training import embeddings, runs
from pipeline.training.about import EmbeddingsAbout
from pipeline.training.run import MAIN, Run
from tests.training import tiny
from tests.training.test_runs import train


def made(folder: Path, **changes: Any) -> pd.DataFrame:
    """The first fold's table."""
    recipe = tiny.recipe(**changes)
    train(recipe, folder)
    networks = {
        run.part: runs.load(folder / "models", run, recipe)
        for run in recipe.runs()
        if run.fold == 0
    }
    return embeddings.table(recipe, Run(0, 0), networks)


def test_every_clip_has_an_embedding_and_probabilities(tmp_path: Path) -> None:
    table = made(tmp_path)
    assert sorted(table["clip"]) == sorted(tiny.clips()["clip"])
    probabilities = table[[f"p_{emotion}" for emotion in tiny.EMOTIONS]]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert [name for name in table if str(name).startswith("e0")][:2] == ["e000", "e001"]


def test_augmented_copies_are_of_training_clips_alone(tmp_path: Path) -> None:
    table = made(tmp_path, embeddings={"kind": "augmented", "copies": 2})
    copies = table[table["copy"] > 0]
    assert set(copies["role"]) == {"train"}
    assert len(copies) == 2 * (table[table["copy"] == 0]["role"] == "train").sum()
    first = table[table["clip"] == copies["clip"].iloc[0]]
    assert first["e000"].nunique() == 3


def test_out_of_fold_rows_come_from_networks_that_never_saw_the_clip(tmp_path: Path) -> None:
    table = made(tmp_path, embeddings={"kind": "out-of-fold", "parts": 2})
    for part in (0, 1):
        rows = table[table["part"] == part]
        assert set(rows["role"]) == {"train", "validation", "test"}
    trained = table[(table["role"] == "train") & (table["part"] != MAIN)]
    assert sorted(trained["clip"]) == sorted(
        table[(table["role"] == "train") & (table["part"] == MAIN)]["clip"]
    )


def test_a_stored_table_comes_back_and_its_bytes_repeat(tmp_path: Path) -> None:
    table = made(tmp_path)
    for name in ("one", "two"):
        embeddings.write(tmp_path / f"{name}.parquet", table)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "one.parquet"), table)


@pytest.mark.parametrize(("validation", "validated"), [("stop", True), ("learn", False)])
def test_all_folds_are_embedded_and_described(
    tmp_path: Path, validation: str, validated: bool
) -> None:
    recipe = tiny.recipe(validation=validation)
    trained = train(recipe, tmp_path)
    folder = tmp_path / "embeddings"
    about = embeddings.embed_recipe(recipe, trained, tmp_path / "models", folder, progress=False)
    assert EmbeddingsAbout.read(folder, "", TrainingError) == about
    assert about.validated is validated
    assert [item.sha256 for item in about.networks] == [item.sha256 for item in trained.networks]
    assert sorted(path.stem for path in folder.glob("*.parquet")) == [
        item.run.name for item in about.networks
    ]
