"""A deployer: what was run is exported, predicts with every engine, and is served."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import httpx
import pytest

from tests.graph.projects import run, ser
from tests.serving.processes import served

pytestmark = pytest.mark.slow


def test_an_export_is_as_good_as_its_recipe_and_every_engine_predicts(demo_project: Path) -> None:
    project = demo_project
    found = json.loads(
        ser(project, "export", "demo", "--head", "softmax", "--prune", "0.3", "--json")
    )
    exported = found["runtimes"]
    measured = json.loads((project / "reports/recipes/demo/metrics.json").read_text())
    assert exported["torch"]["uar"] == measured["heads"]["softmax"]["uar"]["mean"]
    assert exported["onnx"]["uar"] == exported["torch"]["uar"]
    assert exported["onnx"]["largest_difference"] < 1e-4
    assert abs(exported["int8"]["uar"] - exported["torch"]["uar"]) < 0.1
    assert found["tested"]["uar"] == measured["heads"]["softmax"]["uar"]
    emotions = [row["emotion"] for row in found["tested"]["by_emotion"]]
    assert [(each["emotion"], each["sex"]) for each in found["samples"]] == [
        (emotion, sex) for emotion in emotions for sex in ("female", "male")
    ]
    with (project / "data/splits/demo/split.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["role"] == "test"]
    tested = {(row["clip"], int(row["fold"])) for row in rows}
    for sample in found["samples"]:
        assert (sample["clip"], sample["fold"]) in tested
        assert (project / "data/corpora/demo" / sample["path"]).is_file()
    card = (project / "exports/demo/model_card.md").read_text()
    assert "Trained on synthetic speech" in card and "Not for decisions about people" in card

    clips = sorted((project / "data/corpora/demo").rglob("*.wav"))[:20]
    (project / "clips.txt").write_text("\n".join(map(str, clips)))
    words = ("predict", *map(str, clips), "--format", "json", "--engine")
    torch, onnx = (json.loads(ser(project, *words, engine)) for engine in ("torch", "onnx"))
    for one, other in zip(torch["recordings"], onnx["recordings"], strict=True):
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-4)
    ser(project, *words[:-3], "--format", "csv", "--to", "predictions.csv", "--processes", "2")
    lines = (project / "predictions.csv").read_text().splitlines()
    assert lines[0].startswith("path,start,end,emotion,p_neutral")
    assert [line.split(",")[0] for line in lines[1:]] == [str(clip) for clip in clips]


def test_a_broken_recording_is_named_and_the_rest_is_predicted(demo_project: Path) -> None:
    project = demo_project
    ser(project, "export", "demo", "--head", "softmax")
    clip = next((project / "data/corpora/demo").rglob("*.wav"))
    (project / "text.wav").write_text("no sound")
    done = run(
        project,
        *(sys.executable, "-m", "pipeline", "predict", "text.wav", str(clip), "nowhere.wav"),
        *("--format", "json"),
        PYTHONPATH=str(project / "src"),
    )
    assert done.returncode == 1
    assert "error: text.wav: not a recording that can be read" in done.stderr
    assert "error: nowhere.wav: no such file" in done.stderr
    assert "1 predicted, 2 could not be used" in done.stderr
    (recording,) = json.loads(done.stdout)["recordings"]
    assert recording["path"] == str(clip)
    assert sum(recording["probabilities"].values()) == pytest.approx(1, abs=1e-3)


def test_an_export_is_served_as_it_predicts(demo_project: Path, tmp_path: Path) -> None:
    project = demo_project
    ser(project, "export", "demo", "--head", "softmax")
    clip = next((project / "data/corpora/demo").rglob("*.wav"))
    shell = json.loads(ser(project, "predict", str(clip), "--format", "json"))
    with served(project / "exports/demo", tmp_path / "store") as (url, _):
        files = {"file": (clip.name, clip.read_bytes())}
        answer = httpx.post(f"{url}/predict", files=files, timeout=60)
        assert answer.status_code == 200
        assert httpx.get(f"{url}/health").status_code == 200
    wanted = shell["recordings"][0]["probabilities"]
    assert answer.json()["probabilities"] == pytest.approx(wanted, abs=1e-4)
