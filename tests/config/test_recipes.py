"""Recipes: found in any params file, with a network or without."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.recipes import (
    NetworkRecipeSettings,
    RecipeSettings,
    load_network_recipe,
    load_recipe,
)
from pipeline.core.errors import ConfigError

SVM = """
recipes_without_network:
  svm-speakers:
    title: An SVM on a view of numbers
    dataset: demo
    view: demo-vector
    emotions: [happy, sad]
    protocol: speaker
    heads: svm
"""
NETWORK = """
recipes_with_network:
  demo:
    title: A network
    dataset: demo
    view: demo-mel
    emotions: [happy, sad]
    protocol: speaker
    network: small
    initial_weights: random
    training: brief
    seeds: [0]
    embeddings: {kind: plain}
    heads: all
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a recipe of the main pipeline and one of a paper."""
    (tmp_path / "params.yaml").write_text(NETWORK)
    paper = tmp_path / "papers/svm/params.yaml"
    paper.parent.mkdir(parents=True)
    paper.write_text(SVM)
    return tmp_path


def test_a_recipe_of_any_paper_is_found(root: Path) -> None:
    assert type(load_recipe("svm-speakers", root)) is RecipeSettings
    assert isinstance(load_recipe("demo", root), NetworkRecipeSettings)


def test_the_nearest_name_is_offered(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'svm-speakers'\?"):
        load_recipe("svm-speaker", root)


def test_a_recipe_without_a_network_cannot_be_trained(root: Path) -> None:
    with pytest.raises(ConfigError, match="'svm-speakers' has no network"):
        load_network_recipe("svm-speakers", root)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("    heads: svm", "    heads: [svm]", r"heads: .* should be a valid string"),
        ("[happy, sad]", "[happy, happy]", "'happy' is named twice"),
        ("[happy, sad]", "[happy]", "at least 2"),
        ("[happy, sad]", "[Happy, sad]", r"emotions\.0: .* should match pattern"),
        ("    heads: svm", "    heads: svm\n    network: small", "network is not a known key"),
    ],
)
def test_bad_settings_name_the_file_and_the_key(root: Path, old: str, new: str, line: str) -> None:
    path = root / "papers/svm/params.yaml"
    path.write_text(SVM.replace(old, new))
    with pytest.raises(
        ConfigError, match=f"papers/svm/params.yaml: recipes_without_network.*{line}"
    ):
        load_recipe("svm-speakers", root)
