"""Params files edited a line at a time: comments, anchors and layout stay."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from pipeline.config.base import read_params
from pipeline.config.yaml12 import Loader
from pipeline.core.errors import ConfigError
from pipeline.graph.editing import with_entry, with_value
from tests.conftest import ROOT

PARAMS = Path("params.yaml")
TEXT = """# What recipes are made of.
trainings:
  brief: &brief         # for a first look
    epochs: 12
    augment: &none
      shift: 0.0
  long:
    <<: *brief
    epochs: 60          # more of them

  longest: {<<: *brief, epochs: 600}
recipes: &all
  demo:
    emotions: &two [happy, sad]
    seeds: [0]
  other:
    emotions: *two      # the same
    title: |
      a long one
empty: &empty {}        # nothing yet
"""


def set_to(value: Any, *keys: str) -> str:
    return with_value(TEXT, keys, value, PARAMS)


def changed(text: str) -> list[tuple[str, str]]:
    pairs = zip(TEXT.splitlines(), text.splitlines(), strict=True)
    return [(old.strip(), new.strip()) for old, new in pairs if old != new]


def test_a_value_is_replaced_on_its_line() -> None:
    assert changed(set_to(80, "trainings", "long", "epochs")) == [
        ("epochs: 60          # more of them", "epochs: 80          # more of them")
    ]


def test_an_anchor_stays() -> None:
    assert changed(set_to(["sad", "calm"], "recipes", "demo", "emotions")) == [
        ("emotions: &two [happy, sad]", "emotions: &two [sad, calm]")
    ]


def test_an_alias_gives_way() -> None:
    assert changed(set_to(["calm", "sad"], "recipes", "other", "emotions")) == [
        ("emotions: *two      # the same", "emotions: [calm, sad]      # the same")
    ]


@pytest.mark.parametrize("entry", ["long", "longest"])
def test_a_value_that_is_taken_over_is_written_into_the_entry(entry: str) -> None:
    data = yaml.load(TEXT, Loader)
    text = set_to({"shift": 0.1}, "trainings", entry, "augment")
    data["trainings"][entry] = {**data["trainings"][entry], "augment": {"shift": 0.1}}
    assert yaml.load(text, Loader) == data
    assert "<<: *brief" in text and "# more of them" in text


def test_a_wrong_key_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'seeds'"):
        set_to([1], "recipes", "demo", "seds")


def test_what_stands_on_several_lines_is_left_to_a_person() -> None:
    with pytest.raises(ConfigError, match="several lines"):
        set_to("short", "recipes", "other", "title")


def test_an_entry_is_added_at_the_end_of_its_section() -> None:
    text = with_entry(TEXT, "recipes", "mine", {"seeds": [1], "heads": "all"}, PARAMS)
    assert "      a long one\n  mine:\n    seeds: [1]\n    heads: all\nempty:" in text
    assert text.replace("  mine:\n    seeds: [1]\n    heads: all\n", "") == TEXT


def test_the_first_entry_opens_its_section() -> None:
    text = with_entry(TEXT, "empty", "mine", {"seeds": [1]}, PARAMS)
    assert text.endswith("empty: &empty        # nothing yet\n  mine:\n    seeds: [1]\n")
    assert yaml.load(text, Loader)["empty"] == {"mine": {"seeds": [1]}}


@pytest.mark.parametrize(
    ("file", "recipe"), [("params.yaml", "demo"), ("papers/ijraset/params.yaml", "cnn-mel-4")]
)
def test_dvcs_own_override_reaches_what_stages_read_of_a_recipe(
    file: str, recipe: str, tmp_path: Path
) -> None:
    path = tmp_path / "params.yaml"
    shutil.copy(ROOT / file, path)
    apply_overrides(path, [f"recipes.{recipe}.seeds=[7]"])
    data = read_params(path)
    assert data["recipes"][recipe]["seeds"] == [7]
    assert data["recipes_with_network"][recipe]["seeds"] == [7]


def test_a_section_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="no section 'recipe'"):
        with_entry(TEXT, "recipe", "mine", {}, PARAMS)
