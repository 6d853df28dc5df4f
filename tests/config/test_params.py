"""The repository's own params.yaml, and names that lead nowhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.config.base import read_params
from pipeline.config.params import read, resolve
from pipeline.core.errors import ConfigError
from pipeline.networks.registry import parse_network

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], None]], Path]:
    """A copy of params.yaml after an edit."""

    def write(edit: Callable[[dict[str, Any]], None]) -> Path:
        data = copy.deepcopy(read_params(ROOT / "params.yaml"))
        edit(data)
        path = tmp_path / "params.yaml"
        YAML().dump(data, path)
        return path

    return write


def test_the_repositorys_own_file_is_valid() -> None:
    assert "demo" in read(ROOT / "params.yaml").recipes


def test_a_recipe_resolves_everything_its_names_lead_to() -> None:
    resolved = resolve(read(ROOT / "params.yaml"), "demo")
    assert resolved["dataset"]["name"] == "demo"
    assert resolved["view"]["dataset"] == "demo"
    assert resolved["corpora"]["demo"]["kind"] == "demo"


def test_a_recipe_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'demo'"):
        resolve(read(ROOT / "params.yaml"), "dmo")


def test_a_recipes_view_must_exist(changed: Callable[..., Path]) -> None:
    path = changed(lambda data: data["recipes"]["demo"].update(view="demo-mle"))
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert "recipes.demo.view: 'demo-mle' is not there; did you mean 'demo-mel'?" in str(
        caught.value
    )


def test_a_recipes_view_must_be_of_its_dataset(changed: Callable[..., Path]) -> None:
    path = changed(lambda data: data["recipes"]["demo"].update(view="ravdess-mel"))
    with pytest.raises(ConfigError, match="is a view of 'ravdess'"):
        read(path)


def test_a_datasets_corpus_must_exist(changed: Callable[..., Path]) -> None:
    path = changed(lambda data: data["datasets"]["demo"].update(corpora=["dmo"]))
    with pytest.raises(ConfigError, match=r"datasets\.demo\.corpora: 'dmo' is not there"):
        read(path)


def test_an_emotion_named_twice_is_refused(changed: Callable[..., Path]) -> None:
    path = changed(lambda data: data["recipes"]["demo"].update(emotions=["sad", "sad"]))
    with pytest.raises(ConfigError, match=r"recipes\.demo\.emotions: 'sad' is named twice"):
        read(path)


def test_a_recipe_names_the_family_of_its_network(changed: Callable[..., Path]) -> None:
    path = changed(lambda data: data["recipes"]["demo"].update(network="plain"))
    with pytest.raises(
        ConfigError, match=r"recipes\.demo\.family: 'spectrogram_net' should be 'cnn'"
    ):
        read(path)


def test_a_start_from_a_recipe_watches_its_networks(changed: Callable[..., Path]) -> None:
    start = {"kind": "recipe", "recipe": "demo", "source": "models/networks/ravdess-best"}
    path = changed(lambda data: data["starts"].update(others=start))
    with pytest.raises(ConfigError, match=r"starts\.others\.source: .* 'models/networks/demo'"):
        read(path)


def test_an_unknown_kind_of_network_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"networks\.mine\.kind: 'cnnn' .* did you mean 'cnn'"):
        parse_network({"kind": "cnnn"}, "networks.mine")
