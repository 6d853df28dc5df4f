"""Where trainings begin: drawn weights, or those that another recipe has learned."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import torch

from pipeline.config.initial_weights import RecipeStart, ScratchStart
from pipeline.core.errors import NetworkError, TrainingError
from pipeline.networks import registry
from pipeline.training import runs
from pipeline.training.initial_weights.make import make
from pipeline.training.initial_weights.weights import open_start
from tests.training import tiny
from tests.training.test_runs import train

SCRATCH = ScratchStart(kind="scratch", source="nothing")
BASE = RecipeStart(kind="recipe", recipe="tiny", source="models/networks/tiny")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A root with the networks and the split of the tiny recipe."""
    made = tiny.recipe(seeds=[0, 1])
    train(made, tmp_path / "trained")
    networks = tmp_path / "models/networks"
    networks.mkdir(parents=True)
    (tmp_path / "trained/models").rename(networks / "tiny")
    splits = tmp_path / "data/splits"
    splits.mkdir(parents=True)
    made.split.to_csv(splits / "tiny.csv", index=False)
    return tmp_path


def test_scratch_brings_nothing_along(tmp_path: Path) -> None:
    make(SCRATCH, tmp_path / "scratch")
    start = open_start(tmp_path / "scratch")
    assert start.scratch
    assert start.weights(seed=0) is None


def test_a_recipes_first_fold_starts_another_seed_by_seed(base: Path) -> None:
    make(BASE, base / "others", base)
    start = open_start(base / "others")
    zero, one = start.weights(seed=0), start.weights(seed=1)
    assert zero is not None and one is not None
    assert not torch.equal(zero["body.0.0.weight"], one["body.0.0.weight"])
    with pytest.raises(TrainingError, match="no weights for seed 2; it has seeds 0, 1"):
        start.weights(seed=2)


def test_a_recipe_of_one_seed_starts_every_seed(base: Path) -> None:
    about = base / "models/networks/tiny/about.json"
    trained = json.loads(about.read_text())
    trained["networks"] = [item for item in trained["networks"] if item["seed"] == 0]
    about.write_text(json.dumps(trained))
    make(BASE, base / "others", base)
    start = open_start(base / "others")
    zero, seven = start.weights(seed=0), start.weights(seed=7)
    assert zero is not None and seven is not None
    assert torch.equal(zero["body.0.0.weight"], seven["body.0.0.weight"])


def test_a_start_knows_whom_it_has_heard(base: Path) -> None:
    make(BASE, base / "others", base)
    tested = {"lab-00", "lab-01"}
    assert open_start(base / "others").speakers == set(tiny.SPEAKERS) - tested


def test_a_recipe_may_not_test_whom_its_start_has_heard(base: Path) -> None:
    make(BASE, base / "others", base)
    heir = tiny.recipe(open_start(base / "others"), start="others")
    with pytest.raises(TrainingError, match="the start 'others' has heard lab-02, lab-03, lab-04"):
        runs.require_unheard(heir)


def test_all_but_the_last_layer_is_taken_up(base: Path) -> None:
    make(BASE, base / "others", base)
    weights = open_start(base / "others").weights(seed=0)
    assert weights is not None
    recipe = tiny.recipe()
    network = registry.make(recipe.network, (1, 32, 32), emotions=5)
    drawn = network.last.weight.clone()
    network.begin_from(weights)
    assert torch.equal(network.state_dict()["body.0.0.weight"], weights["body.0.0.weight"])
    assert torch.equal(network.last.weight, drawn)


def test_weights_of_another_size_are_refused(base: Path) -> None:
    make(BASE, base / "others", base)
    weights = open_start(base / "others").weights(seed=0)
    assert weights is not None
    wider = tiny.recipe().network.model_copy(update={"width": 8})
    network = registry.make(wider, (1, 32, 32), emotions=3)
    with pytest.raises(NetworkError, match=r"body.0.0.weight is \[4, 1, 5, 5\]"):
        network.begin_from(weights)


def test_frozen_epochs_teach_only_what_is_new(base: Path) -> None:
    make(BASE, base / "others", base)
    start = open_start(base / "others")
    heir = tiny.recipe(start, frozen=3)
    train(heir, base / "heir")
    fitted = runs.load(base / "heir/models", heir.members()[0], heir)
    brought = start.weights(seed=0)
    assert brought is not None
    assert torch.equal(fitted.state_dict()["body.0.0.weight"].cpu(), brought["body.0.0.weight"])


def test_a_split_must_be_there_to_say_who_was_heard(base: Path) -> None:
    (base / "data/splits/tiny.csv").unlink()
    with pytest.raises(TrainingError, match="dvc repro split@tiny"):
        make(BASE, base / "others", base)
    assert not (base / "others").exists()


def test_an_absent_start_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="dvc repro start@others"):
        open_start(tmp_path / "others")


def test_a_table_of_clips_may_have_names_like_numbers(base: Path) -> None:
    split = base / "data/splits/tiny.csv"
    table = pd.read_csv(split)
    table.assign(speaker=table["speaker"].str[-2:]).to_csv(split, index=False)
    make(BASE, base / "others", base)
    assert "05" in open_start(base / "others").speakers
