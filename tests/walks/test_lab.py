"""A lab: its own recordings with its own labels, from a table to a report."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline.config.base import read_params
from tests.graph.projects import change, make_small, ser

pytestmark = pytest.mark.slow

PITCHES = {"boredom": 150, "neutral": 400, "longing": 1200}
"""Emotions, two of them no common ones, and what tells them apart."""
EMOTIONS = ["neutral", "boredom", "longing"]
SPEAKERS = 6
TAKES = 4
RATE = 16_000


def record(folder: Path) -> None:
    """Recordings, and their table as an audio folder of Hugging Face has it."""
    rng = np.random.default_rng(0)
    times = np.arange(RATE) / RATE
    (folder / "train").mkdir(parents=True)
    with (folder / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["file_name", "label", "speaker_id", "gender"])
        for speaker in range(SPEAKERS):
            for emotion, pitch in PITCHES.items():
                for take in range(TAKES):
                    wave = np.sin(2 * np.pi * (pitch + 5 * speaker + take) * times)
                    noise = rng.normal(size=len(wave))
                    path = f"train/{emotion}-{speaker}-{take}.flac"
                    soundfile.write(folder / path, 0.3 * wave + 0.01 * noise, RATE)
                    table.writerow([path, emotion, speaker, "fm"[speaker % 2]])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which a recipe on such a corpus was run."""
    folder = make_small(tmp_path_factory.mktemp("own") / "project")
    record(folder.parent / "recordings")
    inputs = read_params(folder / "inputs/params.yaml")
    params = read_params(folder / "params.yaml")
    demo = params["recipes"]["demo"]
    columns = {
        "path": "file_name", "emotion": "label", "speaker": "speaker_id", "sex": "gender"
    }  # fmt: skip
    lab: dict[str, Any] = {
        "kind": "folder", "source": str(folder.parent / "recordings"), "table": "metadata.csv",
        "columns": columns, "emotions": {}, "title": "Our lab", "licence": "private",
        "citation": "none", "non_commercial": True,
    }  # fmt: skip
    own = {
        "title": "Our lab", "dataset": "lab", "view": "lab-mel", "emotions": EMOTIONS,
        "heads": "softmax", "training": "longer",
    }  # fmt: skip
    change(
        folder,
        corpora={"lab": lab},
        datasets={"lab": {"corpora": ["lab"]}},
        views={"lab-mel": {**inputs["views"]["demo-mel-64"], "dataset": "lab"}},
        trainings={"longer": {**params["trainings"]["tiny"], "epochs": 30, "batch": 8}},
        recipes={"own": {**demo, **own}},
    )
    ser(folder, "run", "own")
    return folder


def test_its_emotions_are_counted_under_their_own_names(project: Path) -> None:
    found = json.loads(ser(project, "dataset", "show", "lab", "--json"))
    assert found["by_emotion"] == dict.fromkeys(EMOTIONS, SPEAKERS * TAKES)
    assert found["flags"] == {}


def test_they_are_trained_and_reported(project: Path) -> None:
    report = json.loads((project / "reports/recipes/own/metrics.json").read_text())
    assert report["classes"] == EMOTIONS
    assert (report["clips"], report["speakers"], report["folds"]) == (72, 6, 2)
    assert report["leaks"] is False
    softmax = report["heads"]["softmax"]
    assert 1 / 2 < softmax["uar"]["mean"] <= 1
    assert "boredom" in (project / "reports/recipes/own/report.html").read_text()


def test_the_report_names_their_predictions(project: Path) -> None:
    with (project / "reports/recipes/own/predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["true"] for row in rows} == set(EMOTIONS)
    assert {f"p_{emotion}" for emotion in EMOTIONS} <= set(rows[0])


def test_they_are_predicted_by_an_export(project: Path) -> None:
    ser(project, "export", "own", "--head", "softmax")
    clip = project.parent / "recordings/train/boredom-0-0.flac"
    words = ("predict", str(clip), "--model", "own", "--format", "json")
    (found,) = json.loads(ser(project, *words))["recordings"]
    assert list(found["probabilities"]) == EMOTIONS
    assert found["emotion"] in EMOTIONS
