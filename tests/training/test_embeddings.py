"""What heads learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import HeadError
from pipeline.heads import tables
from pipeline.training import embeddings, runs
from pipeline.training.runs import MAIN
from tests.training import tiny
from tests.training.test_runs import train


def made(folder: Path, **changes: Any) -> pd.DataFrame:
    """The first fold's table."""
    recipe = tiny.recipe(**changes)
    train(recipe, folder)
    networks = {
        member.part: runs.load(folder / "models", member, recipe)
        for member in recipe.members()
        if member.fold == 0
    }
    return embeddings.table(recipe, 0, 0, networks)


def test_every_clip_has_an_embedding_and_probabilities(tmp_path: Path) -> None:
    table = made(tmp_path)
    assert sorted(table["clip"]) == sorted(tiny.clips()["clip"])
    chances = table[[f"p_{emotion}" for emotion in tiny.EMOTIONS]]
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
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
    pd.testing.assert_frame_equal(tables.read(tmp_path / "one.parquet"), table)


def test_absent_embeddings_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="dvc repro embed@tiny"):
        tables.read(tmp_path / "tiny" / "fold-0-seed-0.parquet")
