"""A recipe's split as the stage writes it: a folder that is there whole or not at all."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipeline.core.errors import ConfigError, ProtocolError, ViewError
from pipeline.core.layout import Layout
from pipeline.corpora.index import table as index
from pipeline.splits import recipe

RECIPE = {
    "title": "an example",
    "dataset": "lab",
    "view": "lab-numbers",
    "emotions": ["sad", "angry"],
    "protocol": "apart",
    "heads": "all",
}
PROTOCOLS = {
    "apart": {
        "kind": "speaker",
        "folds": 2,
        "named": [],
        "validation": 0.25,
        "seed": 0,
        "first": None,
    },
    "mixed": {"kind": "random", "folds": 3, "validation": 0.25, "seed": 0, "first": 1},
}


def write_params(root: Path, **changes: str) -> None:
    params = {
        "protocols": PROTOCOLS,
        "recipes_without_network": {"mine": {**RECIPE, **changes}},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(params))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with an index of eight speakers and a view of its clips."""
    rows = [
        {
            **dict.fromkeys(index.COLUMNS, ""),
            "id": f"lab/{speaker}-{emotion}-{take}",
            "corpus": "lab",
            "speaker": f"lab-{speaker}",
            "sex": "male" if speaker % 2 else "female",
            "emotion": emotion,
            "hash": f"{speaker}{emotion}{take}",
            "left_out": "silent" if (speaker, take) == (0, 3) else "",
        }
        for speaker, emotion, take in itertools.product(
            range(8), ("sad", "angry", "calm"), range(4)
        )
    ]
    layout = Layout(tmp_path)
    clips = pd.DataFrame(rows)
    layout.clips("lab").parent.mkdir(parents=True)
    clips.to_csv(layout.clips("lab"), index=False)
    layout.view("lab-numbers").mkdir(parents=True)
    view = clips[["id"]].rename(columns={"id": "clip"}).assign(plane="")
    view.to_csv(layout.view("lab-numbers") / "rows.csv", index=False)
    write_params(tmp_path)
    return tmp_path


def test_a_split_is_a_table_and_a_summary(root: Path) -> None:
    summary = recipe.make("mine", root)
    layout = Layout(root)
    names = sorted(path.name for path in layout.split_folder("mine").iterdir())
    assert names == ["split.csv", "summary.json"]
    assert json.loads(layout.split_summary("mine").read_text()) == summary
    table = pd.read_csv(layout.split("mine"), keep_default_na=False)
    facts = ["emotion", "speaker", "sex", "group"]
    assert list(table) == ["clip", "plane", "fold", "role", *facts]
    assert not (root / "reports").exists()


def test_only_usable_clips_of_the_recipes_emotions_are_dealt(root: Path) -> None:
    recipe.make("mine", root)
    table = pd.read_csv(Layout(root).split("mine"), keep_default_na=False)
    assert set(table["emotion"]) == {"sad", "angry"}
    assert table["clip"].nunique() == 8 * 2 * 4 - 2
    assert not {"lab/0-sad-3", "lab/0-angry-3"} & set(table["clip"])


def test_the_same_split_is_the_same_bytes(root: Path) -> None:
    texts = []
    for _ in range(2):
        recipe.make("mine", root)
        texts.append(Layout(root).split("mine").read_bytes())
    assert texts[0] == texts[1]


def test_a_leaky_protocol_is_in_the_summary(root: Path) -> None:
    write_params(root, protocol="mixed")
    summary = recipe.make("mine", root)
    assert (summary["protocol"], summary["folds"]) == ("mixed", 1)
    assert set(summary["leaks"]) == {"speaker"}


def test_a_split_that_fails_leaves_the_old_one(root: Path) -> None:
    recipe.make("mine", root)
    before = Layout(root).split("mine").read_bytes()
    clips = index.read(Layout(root).clips("lab"))
    clips[clips["speaker"] == "lab-0"].to_csv(Layout(root).clips("lab"), index=False)
    with pytest.raises(ProtocolError, match="2 folds need as many speakers and the dataset has 1"):
        recipe.make("mine", root)
    assert Layout(root).split("mine").read_bytes() == before


def test_a_view_that_is_not_there_is_named(root: Path) -> None:
    write_params(root, view="lab-mel")
    with pytest.raises(ViewError, match=r"lab-mel/rows\.csv: no such view"):
        recipe.make("mine", root)


def test_a_protocol_that_is_not_there_gets_the_nearest_name(root: Path) -> None:
    write_params(root, protocol="appart")
    with pytest.raises(ConfigError, match=r"params\.yaml: .*'appart'.*did you mean 'apart'"):
        recipe.make("mine", root)
