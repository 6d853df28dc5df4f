"""The stage: from embeddings and networks to models, their description and answers."""

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

from tests.conftest import ROOT
from tests.heads import blobs
from tests.tracking import outputs

RECIPE: dict[str, Any] = {
    "title": "Tiny",
    "dataset": "lab",
    "view": "lab-mel",
    "emotions": list(blobs.EMOTIONS),
    "protocol": "speaker",
    "network": "tiny",
    "family": "spectrogram_net",
    "start": "scratch",
    "training": "tiny",
    "seeds": [0],
    "embeddings": {"kind": "plain"},
    "heads": ["softmax", "svm", "random-forest", "vote"],
}


@pytest.fixture
def kitchen(tmp_path: Path) -> Path:
    """A folder with everything that the stage reads, of two folds."""
    params = {"recipes": {"tiny": RECIPE}, "heads": blobs.SETTINGS}
    YAML().dump(params, tmp_path / "params.yaml")
    (tmp_path / "dvc.yaml").touch()
    outputs.train(tmp_path, "tiny", folds=2)
    (tmp_path / "data/embeddings/tiny").mkdir(parents=True)
    for fold in (0, 1):
        path = tmp_path / f"data/embeddings/tiny/fold-{fold}-seed-0.parquet"
        blobs.table(seed=fold).to_parquet(path)
    return tmp_path


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "stages/heads.py"), "tiny"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def hashes(folder: Path) -> dict[str, str]:
    files = [*(folder / "models/heads").rglob("*.*"), folder / "data/predictions/tiny.csv"]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
        if path.is_file()
    }


@pytest.mark.slow
def test_two_runs_leave_the_same_bytes(kitchen: Path) -> None:
    done = run(kitchen)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "tiny: 8 heads of 2 folds and seeds in models/heads/tiny\n"
    first = hashes(kitchen)
    answers = pd.read_csv(kitchen / "data/predictions/tiny.csv")
    odds = [f"p_{emotion}" for emotion in blobs.EMOTIONS]
    order = ["role", "fold", "seed", "head", "clip", "speaker", "true", "predicted", *odds]
    assert list(answers.columns) == order
    assert len(answers) == 2 * 4 * 24
    about = json.loads((kitchen / "models/heads/tiny/about.json").read_text(encoding="utf-8"))
    assert [(item["head"], item["fold"]) for item in about["heads"]][3:5] == [
        ("vote", 0),
        ("softmax", 1),
    ]
    for item in about["heads"]:
        assert all((kitchen / "models/heads/tiny" / name).is_file() for name in item["files"])
    assert run(kitchen).returncode == 0
    assert hashes(kitchen) == first


@pytest.mark.slow
def test_missing_networks_are_one_line_with_the_cure(kitchen: Path) -> None:
    (kitchen / "models/networks/tiny/about.json").unlink()
    done = run(kitchen)
    assert done.returncode == 1
    assert done.stderr.startswith("error: models/networks/tiny/about.json: no trained networks")
    assert "dvc repro train@tiny" in done.stderr
    assert not (kitchen / "models/heads").exists()
