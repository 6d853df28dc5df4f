"""The repository's own parameters, and names that lead nowhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config.base import read_params
from pipeline.core.errors import ConfigError
from pipeline.stages import params
from tests.conftest import ROOT

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of every params.yaml."""
    for path in ROOT.glob("**/params.yaml"):
        name = path.relative_to(ROOT)
        if not any(part.startswith(".") for part in name.parts):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / name)
    return tmp_path


def edit(root: Path, change: Edit, name: str = "params.yaml") -> None:
    data = read_params(root / name)
    change(data)
    (root / name).write_text(yaml.safe_dump(data, sort_keys=False))


def refusal(root: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        params.read(root)
    return str(caught.value).replace(f"{root}/", "")


def demo(**changes: Any) -> Edit:
    """Change the recipe ``demo``."""
    return lambda data: data["recipes_with_network"]["demo"].update(changes)


def test_the_repositorys_own_files_are_valid() -> None:
    found = params.read(ROOT)
    assert {"demo", "ravdess-hybrid", "cnn-mel-4", "ravdess-best"} <= set(found.recipes)


def test_a_recipe_resolves_everything_its_names_lead_to() -> None:
    resolved = params.resolve(params.read(ROOT), "demo")
    assert resolved["dataset"]["name"] == "demo"
    assert resolved["view"]["dataset"] == "demo"
    assert resolved["corpora"]["demo"]["kind"] == "demo"
    assert resolved["network"]["kind"] == "spectrogram-net"
    assert "xgboost" in resolved["heads"]


def test_a_recipe_without_a_network_resolves_too() -> None:
    resolved = params.resolve(params.read(ROOT), "svm-linear")
    assert "network" not in resolved
    assert resolved["heads"]["svm-linear"]["kernel"] == "linear"


def test_a_recipe_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'demo'"):
        params.resolve(params.read(ROOT), "dmo")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"view": "demo-mle"}, "demo.view: 'demo-mle' is not there; did you mean 'demo-mel'?"),
        ({"view": "ravdess-mel"}, "is a view of 'ravdess'"),
        ({"protocol": "speakr"}, "demo.protocol: 'speakr' is not there; did you mean 'speaker'?"),
        ({"network": "smal"}, "demo.network: 'smal' is not there; did you mean 'small'?"),
        ({"heads": "al"}, "demo.heads: 'al' is not there; did you mean 'all'?"),
        ({"training": "bref"}, "demo.training: 'bref' is not there; did you mean 'brief'?"),
        ({"emotions": ["sad", "hapy"]}, "'hapy'"),
        ({"emotions": ["sad", "sad"]}, "'sad' is named twice"),
        ({"sedes": [1]}, "sedes is not a known key"),
    ],
)  # fmt: skip
def test_a_wrong_name_in_a_recipe_is_one_line(
    root: Path, change: dict[str, Any], line: str
) -> None:
    edit(root, demo(**change))
    assert line in refusal(root)
    assert refusal(root).startswith("params.yaml: ")


def test_a_wrong_name_in_a_papers_folder_names_that_file(root: Path) -> None:
    file = "papers/ijraset/params.yaml"
    recipes = "recipes_with_network"
    edit(root, lambda data: data[recipes]["cnn-mel-4"].update(protocol="radnom"), file)
    assert refusal(root).startswith(f"{file}: recipes.cnn-mel-4.protocol: 'radnom' is not there")


def test_a_datasets_corpus_must_exist(root: Path) -> None:
    edit(
        root,
        lambda data: data["datasets"].update(two={"corpora": ["dmo", "tess"]}),
        "inputs/params.yaml",
    )
    assert "datasets.two.corpora: 'dmo' is not there; did you mean 'demo'?" in refusal(root)


def test_a_recipe_in_two_folders_is_refused(root: Path) -> None:
    recipe = read_params(root / "params.yaml")["recipes"]["demo"]
    add: Edit = lambda data: data["recipes_with_network"].update(demo=recipe)  # noqa: E731
    edit(root, add, "studies/best/params.yaml")
    assert "'demo' is in params.yaml as well" in refusal(root)


def test_a_misspelt_section_is_refused(root: Path) -> None:
    edit(root, lambda data: data.update(protocol={}))
    assert "'protocol' is not there; did you mean 'protocols'?" in refusal(root)


def test_initial_weights_of_a_recipe_watch_its_networks(root: Path) -> None:
    weights = {"kind": "recipe", "recipe": "demo", "source": "models/networks/ravdess-best"}
    edit(root, lambda data: data["initial_weights"].update(others=weights), "inputs/params.yaml")
    assert "initial_weights.others.source: " in refusal(root)
    assert "should be 'models/networks/demo'" in refusal(root)


def test_a_vote_asks_heads_of_its_own_set(root: Path) -> None:
    vote = {"kind": "vote", "members": ["softmax", "svm"], "weights": "equal"}
    edit(root, lambda data: data["heads"].update(mine={"vote": vote}))
    assert "heads.mine.vote" in refusal(root)


def test_an_unknown_kind_of_network_names_the_nearest(root: Path) -> None:
    edit(root, lambda data: data["networks"].update(mine={"kind": "cnnn"}))
    assert "networks.mine.kind: 'cnnn'" in refusal(root)
    assert "did you mean 'cnn'" in refusal(root)
