"""Recipes without a network: the numbers of a view are their embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import TrainingError
from pipeline.core.layout import Layout
from pipeline.training.about import EmbeddingsAbout
from pipeline.training.features import Normalisation, embed_without_network
from pipeline.training.recipe import file_hash
from pipeline.training.run import Run
from pipeline.views.packed import ARRAY, TABLE, ViewAbout
from tests.training import tiny

NUMBERS = 5
PARAMS = """
recipes_without_network:
  tiny:
    title: Tiny
    dataset: lab
    view: lab-vector
    emotions: [happy, sad, angry]
    protocol: speaker
    heads: svm
recipes_with_network: {}
"""


def rows() -> np.ndarray:
    scale = 10.0 ** np.arange(NUMBERS)
    noise = np.random.default_rng(0).normal(size=(len(tiny.clips()), NUMBERS))
    return (scale * (noise + 3)).astype(np.float32)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a view of numbers and a split."""
    layout, clips = Layout(tmp_path), tiny.clips()
    (tmp_path / "params.yaml").write_text(PARAMS)
    view = layout.view("lab-vector")
    view.mkdir(parents=True)
    np.save(view / ARRAY, rows())
    table = pd.DataFrame({"clip": clips["clip"], "plane": "", "hash": "", "loudest_db": 0.0})
    table.to_csv(view / TABLE, index=False)
    ViewAbout(
        settings={},
        rows=len(clips),
        clips=len(clips),
        planes=("",),
        shape=(NUMBERS,),
        dtype="float32",
        set_aside={},
    ).write(view)
    layout.split_folder("tiny").mkdir(parents=True)
    tiny.split(clips).to_csv(layout.split("tiny"), index=False)
    return tmp_path


def test_there_is_a_table_for_each_fold(root: Path) -> None:
    about = embed_without_network("tiny", root)
    layout = Layout(root)
    assert EmbeddingsAbout.read(layout.embeddings("tiny"), "", TrainingError) == about
    assert [item.run for item in about.networks] == [Run(fold, 0) for fold in range(3)]
    assert {item.sha256 for item in about.networks} == {
        file_hash(layout.view("lab-vector") / TABLE)
    }
    assert not about.validated
    table = pd.read_parquet(layout.embeddings("tiny") / "fold-0-seed-0.parquet")
    numbers = [f"e{place:03}" for place in range(NUMBERS)]
    facts = ["clip", "plane", "part", "copy", "role", "emotion", "speaker"]
    assert list(table) == [*facts, *numbers]
    assert (table["part"] == -1).all() and (table["copy"] == 0).all()
    assert sorted(table["clip"]) == sorted(tiny.clips()["clip"])


def test_numbers_are_normalised_by_all_rows_but_the_tested(root: Path) -> None:
    embed_without_network("tiny", root)
    table = pd.read_parquet(Layout(root).embeddings("tiny") / "fold-1-seed-0.parquet")
    numbers = table.loc[table["role"] != "test", [f"e{place:03}" for place in range(NUMBERS)]]
    np.testing.assert_allclose(numbers.mean(), 0, atol=1e-5)
    np.testing.assert_allclose(numbers.std(ddof=0), 1, rtol=1e-5)


def test_new_rows_are_normalised_as_the_embeddings_are(root: Path) -> None:
    embed_without_network("tiny", root)
    folder = Layout(root).embeddings("tiny")
    table = pd.read_parquet(folder / "fold-2-seed-0.parquet").set_index("clip")
    found = Normalisation.read(folder, Run(2, 0))(rows())
    order = list(tiny.clips()["clip"])
    np.testing.assert_array_equal(
        found, table.loc[order, [f"e{place:03}" for place in range(NUMBERS)]]
    )


def test_images_need_a_network(root: Path) -> None:
    np.save(Layout(root).view("lab-vector") / ARRAY, np.zeros((36, 4, 4), np.uint8))
    with pytest.raises(TrainingError, match="'lab-vector' has no rows of numbers"):
        embed_without_network("tiny", root)
    assert not Layout(root).embeddings("tiny").exists()


def test_a_recipe_with_a_network_is_refused(root: Path) -> None:
    text = (root / "params.yaml").read_text()
    network = (
        "    network: small\n    initial_weights: random\n    training: brief\n"
        "    seeds: [0]\n    embeddings: {kind: plain}\n"
    )
    text = text.replace("recipes_without_network:", "recipes_with_network:")
    text = text.replace("recipes_with_network: {}\n", network)
    (root / "params.yaml").write_text(text)
    with pytest.raises(TrainingError, match="tiny: has a network"):
        embed_without_network("tiny", root)
