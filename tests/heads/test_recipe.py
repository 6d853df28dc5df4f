"""A recipe's heads: from embeddings to models, their description and predictions."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.core.errors import ConfigError, HeadError
from pipeline.core.layout import Layout
from pipeline.heads.about import HeadsAbout
from pipeline.heads.recipe import fit_recipe
from tests.heads import blobs

NUMBERS: dict[str, Any] = {
    "title": "Tiny",
    "dataset": "lab",
    "view": "lab-mel",
    "emotions": list(blobs.EMOTIONS),
    "protocol": "speaker",
    "heads": "some",
}
RECIPE: dict[str, Any] = {
    **NUMBERS,
    "network": "tiny",
    "initial_weights": "random",
    "training": "tiny",
    "seeds": [0],
    "embeddings": {"kind": "plain"},
}
SOME = ("softmax", "svm", "random-forest", "vote")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with everything that the stage reads, of two folds."""
    write_params(tmp_path, recipes_with_network={"tiny": RECIPE})
    blobs.write_embeddings(tmp_path, "tiny", *(blobs.table(seed=fold) for fold in (0, 1)))
    return tmp_path


def write_params(root: Path, *, heads: tuple[str, ...] = SOME, **recipes: Any) -> None:
    params = {"heads": {"some": {name: blobs.SETTINGS[name] for name in heads}}, **recipes}
    YAML().dump(params, root / "params.yaml")


def hashes(root: Path) -> dict[str, str]:
    layout = Layout(root)
    files = [*layout.heads("tiny").rglob("*.*"), layout.predictions("tiny")]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
        if path.is_file()
    }


def test_two_runs_leave_the_same_bytes(root: Path) -> None:
    fit_recipe("tiny", root, progress=False)
    first = hashes(root)
    fit_recipe("tiny", root, progress=False)
    assert hashes(root) == first


def test_every_head_of_the_set_predicts_every_fold(root: Path) -> None:
    fit_recipe("tiny", root, progress=False)
    predictions = pd.read_csv(Layout(root).predictions("tiny"))
    columns = [f"p_{emotion}" for emotion in blobs.EMOTIONS]
    order = ["role", "fold", "seed", "head", "clip", "speaker", "true", "predicted", *columns]
    assert list(predictions.columns) == order
    assert len(predictions) == 2 * len(SOME) * 24


def test_about_names_every_head_and_its_files(root: Path) -> None:
    done = fit_recipe("tiny", root, progress=False)
    folder = Layout(root).heads("tiny")
    assert HeadsAbout.read(folder, "dvc repro heads@tiny", HeadError) == done
    assert [(head.head, head.fold) for head in done.heads][3:5] == [("vote", 0), ("softmax", 1)]
    for head in done.heads:
        assert head.network_weights == f"{head.fold}" * 64
        assert all((folder / name).is_file() for name in head.files)


def test_nothing_but_embeddings_and_the_set_is_read(root: Path) -> None:
    here = {path.relative_to(root).parts[0] for path in root.iterdir()}
    assert here == {"params.yaml", "data"}
    assert list((root / "data").iterdir()) == [root / "data/embeddings"]
    assert fit_recipe("tiny", root, progress=False).recipe == "tiny"


def test_without_a_network_heads_learn_from_numbers(tmp_path: Path) -> None:
    write_params(tmp_path, heads=("svm", "mlp"), recipes_without_network={"tiny": NUMBERS})
    blobs.write_embeddings(tmp_path, "tiny", blobs.numbers())
    done = fit_recipe("tiny", tmp_path, progress=False)
    assert [head.head for head in done.heads] == ["svm", "mlp"]
    assert all(head.validation_uar is not None for head in done.heads)


def test_a_softmax_without_a_network_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    write_params(tmp_path, recipes_without_network={"tiny": NUMBERS})
    blobs.write_embeddings(tmp_path, "tiny", blobs.numbers())
    with pytest.raises(HeadError, match=r"heads\.some\.softmax: .* name a set of heads without"):
        fit_recipe("tiny", tmp_path, progress=False)
    assert not Layout(tmp_path).heads("tiny").exists()
    assert not Layout(tmp_path).predictions("tiny").exists()


def test_where_validation_clips_may_not_choose_they_are_not_predicted(tmp_path: Path) -> None:
    write_params(tmp_path, recipes_with_network={"tiny": RECIPE})
    blobs.write_embeddings(tmp_path, "tiny", blobs.table(), validated=False)
    done = fit_recipe("tiny", tmp_path, progress=False)
    assert {head.validation_uar for head in done.heads} == {None}
    assert set(pd.read_csv(Layout(tmp_path).predictions("tiny"))["role"]) == {"test"}


@pytest.mark.parametrize(
    ("section", "recipe", "stage"),
    [("recipes_with_network", RECIPE, "embed"), ("recipes_without_network", NUMBERS, "features")],
)
def test_missing_embeddings_are_one_line_with_the_cure(
    tmp_path: Path, section: str, recipe: dict[str, Any], stage: str
) -> None:
    recipes: dict[str, Any] = {section: {"tiny": recipe}}
    write_params(tmp_path, **recipes)
    with pytest.raises(HeadError, match=f"data/embeddings/tiny/.* dvc repro {stage}@tiny"):
        fit_recipe("tiny", tmp_path, progress=False)


def test_a_missing_set_is_one_line(root: Path) -> None:
    write_params(root, recipes_with_network={"tiny": {**RECIPE, "heads": "soem"}})
    with pytest.raises(ConfigError, match="heads: 'soem' is not there; did you mean 'some'"):
        fit_recipe("tiny", root, progress=False)


@pytest.mark.slow
def test_the_stage_exits_with_one_line(root: Path) -> None:
    path = Layout(root).embeddings("tiny") / "fold-1-seed-0.parquet"
    path.unlink()
    lines = (
        "from pipeline.core.errors import exit_on_error",
        "from pipeline.stages.heads import main",
        "with exit_on_error(): main('tiny')",
    )
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 1
    assert "error: data/embeddings/tiny/fold-1-seed-0.parquet: no such embeddings" in done.stderr
    assert not Layout(root).heads("tiny").exists()


def test_a_broken_description_is_one_line(root: Path) -> None:
    path = Layout(root).embeddings("tiny") / "about.json"
    facts = json.loads(path.read_text())
    del facts["validated"]
    path.write_text(json.dumps(facts))
    with pytest.raises(HeadError, match=r"about\.json: validated: .* dvc repro embed@tiny"):
        fit_recipe("tiny", root, progress=False)
