"""Initial weights: drawn, or those that another recipe has learned."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import torch

from pipeline.config.initial_weights import RandomWeightsSettings, RecipeWeightsSettings
from pipeline.core.errors import NetworkError, TrainingError
from pipeline.core.layout import Layout
from pipeline.networks import registry
from pipeline.training import recipe as recipes
from pipeline.training import runs
from pipeline.training.initial_weights.make import gather
from pipeline.training.initial_weights.weights import open_initial_weights
from tests.training import tiny
from tests.training.test_runs import train

RANDOM = RandomWeightsSettings(kind="random", source="nothing")
BASE = RecipeWeightsSettings(kind="recipe", recipe="tiny", source="models/networks/tiny")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A root with the networks and the split of the tiny recipe."""
    made = tiny.recipe(seeds=[0, 1])
    train(made, tmp_path / "trained")
    layout = Layout(tmp_path)
    layout.networks("tiny").parent.mkdir(parents=True)
    (tmp_path / "trained/models").rename(layout.networks("tiny"))
    layout.split_folder("tiny").mkdir(parents=True)
    made.split.to_csv(layout.split("tiny"), index=False)
    return tmp_path


def test_random_weights_are_no_files(tmp_path: Path) -> None:
    gather(RANDOM, tmp_path / "random")
    initial = open_initial_weights(tmp_path / "random")
    assert initial.random
    assert initial.load(seed=0) is None


def test_a_recipes_first_fold_is_used_seed_by_seed(base: Path) -> None:
    gather(BASE, base / "others", base)
    initial = open_initial_weights(base / "others")
    zero, one = initial.load(seed=0), initial.load(seed=1)
    assert zero is not None and one is not None
    assert not torch.equal(zero["body.0.0.weight"], one["body.0.0.weight"])
    with pytest.raises(TrainingError, match="no weights for seed 2; it has seeds 0, 1"):
        initial.load(seed=2)


def test_a_recipe_of_one_seed_is_used_for_every_seed(base: Path) -> None:
    about = base / "models/networks/tiny/about.json"
    trained = json.loads(about.read_text())
    trained["networks"] = [item for item in trained["networks"] if item["seed"] == 0]
    about.write_text(json.dumps(trained))
    gather(BASE, base / "others", base)
    initial = open_initial_weights(base / "others")
    zero, seven = initial.load(seed=0), initial.load(seed=7)
    assert zero is not None and seven is not None
    assert torch.equal(zero["body.0.0.weight"], seven["body.0.0.weight"])


def test_the_speakers_that_weights_were_learned_from_are_known(base: Path) -> None:
    gather(BASE, base / "others", base)
    tested = {"lab-00", "lab-01"}
    assert set(open_initial_weights(base / "others").about.speakers) == set(tiny.SPEAKERS) - tested


def test_a_recipe_may_not_test_speakers_that_its_weights_were_learned_from(base: Path) -> None:
    gather(BASE, base / "others", base)
    fine_tuned = tiny.recipe(open_initial_weights(base / "others"))
    with pytest.raises(
        TrainingError, match="'others' were learned from lab-02, lab-03, lab-04, who are tested"
    ):
        recipes.require_new_speakers(fine_tuned)


def test_all_but_the_last_layer_is_taken_up(base: Path) -> None:
    gather(BASE, base / "others", base)
    weights = open_initial_weights(base / "others").load(seed=0)
    assert weights is not None
    recipe = tiny.recipe()
    network = registry.make(recipe.network, (1, 32, 32), emotions=5)
    drawn = network.last.weight.clone()
    network.begin_from(weights)
    assert torch.equal(network.state_dict()["body.0.0.weight"], weights["body.0.0.weight"])
    assert torch.equal(network.last.weight, drawn)


def test_weights_of_another_size_are_refused(base: Path) -> None:
    gather(BASE, base / "others", base)
    weights = open_initial_weights(base / "others").load(seed=0)
    assert weights is not None
    wider = tiny.recipe().network.model_copy(update={"width": 8})
    network = registry.make(wider, (1, 32, 32), emotions=3)
    with pytest.raises(NetworkError, match=r"body.0.0.weight is \[4, 1, 5, 5\]"):
        network.begin_from(weights)


def test_frozen_epochs_change_no_initial_weight(base: Path) -> None:
    gather(BASE, base / "others", base)
    initial = open_initial_weights(base / "others")
    recipe = tiny.recipe(initial, frozen=3)
    train(recipe, base / "fine-tuned")
    fitted = runs.load(base / "fine-tuned/models", recipe.runs()[0], recipe)
    given = initial.load(seed=0)
    assert given is not None
    assert torch.equal(fitted.state_dict()["body.0.0.weight"].cpu(), given["body.0.0.weight"])


def test_without_the_split_nothing_is_gathered(base: Path) -> None:
    Layout(base).split("tiny").unlink()
    with pytest.raises(
        TrainingError, match=r"split\.csv: not there; make it with: ser run split@tiny"
    ):
        gather(BASE, base / "others", base)
    assert not (base / "others").exists()


def test_absent_weights_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="ser run initial-weights@others"):
        open_initial_weights(tmp_path / "others")


def test_damaged_facts_are_named(tmp_path: Path) -> None:
    gather(RANDOM, tmp_path / "others")
    about = tmp_path / "others/about.json"
    about.write_text(about.read_text().replace("random", "scratch"))
    with pytest.raises(TrainingError, match=r"about\.json: kind: .*make it again with: ser run"):
        open_initial_weights(tmp_path / "others")


def test_a_table_of_clips_may_have_names_like_numbers(base: Path) -> None:
    split = Layout(base).split("tiny")
    table = pd.read_csv(split)
    table.assign(speaker=table["speaker"].str[-2:]).to_csv(split, index=False)
    gather(BASE, base / "others", base)
    assert "05" in set(open_initial_weights(base / "others").about.speakers)
