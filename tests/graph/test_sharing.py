"""What DVC's users do with a cooked recipe: change a head, compare, push, pull, record anew."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from pipeline.config.base import read_params
from tests.graph.projects import change, dvc, make_small, run

pytestmark = pytest.mark.slow
PARENT = "mlflow.parentRunId"


@pytest.fixture(scope="module")
def cooked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose small demo is cooked and committed."""
    project = make_small(tmp_path_factory.mktemp("cooked") / "project")
    dvc(project, "repro", "evaluate@demo")
    (project / ".gitignore").write_text(".venv\nmlflow.db*\nmlartifacts\ncheckpoints\n")
    commit(project, "cooked")
    return project


@pytest.fixture
def project(cooked: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    copy = tmp_path / "project"
    shutil.copytree(cooked, copy, symlinks=True)
    return copy


def commit(project: Path, message: str) -> None:
    run(project, "git", "add", "-A")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = run(project, "git", *who, "commit", "-qm", message)
    assert done.returncode == 0, done.stderr


def ser(project: Path, *words: str) -> str:
    path = str(project / "src")
    done = run(project, sys.executable, "-m", "pipeline.cli", *words, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def runs(project: Path, words: str) -> list[Run]:
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("demo")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], words, max_results=1000))


def stages(said: str) -> list[str]:
    words = "Running stage "
    return [line.split("'")[1] for line in said.splitlines() if line.startswith(words)]


def deeper(project: Path) -> dict[str, Any]:
    return {**read_params(project / "params.yaml")["heads"]["xgboost"], "max_depth": 2}


def test_a_second_run_does_nothing(project: Path) -> None:
    assert stages(dvc(project, "repro", "evaluate@demo")) == []


def test_another_depth_fits_heads_and_trains_nothing(project: Path) -> None:
    change(project, heads={"xgboost": deeper(project)})
    assert stages(dvc(project, "repro", "evaluate@demo")) == ["heads@demo", "evaluate@demo"]
    networks = {run.info.run_id for run in runs(project, "tags.kind = 'network'")}
    current = "tags.kind = 'head' and tags.head = 'xgboost' and tags.current = 'true'"
    heads = runs(project, current)
    assert {run.data.params["head.max_depth"] for run in heads} == {"2"}
    assert {run.data.tags[PARENT] for run in heads} == networks
    assert len(heads) == 2


def test_an_experiment_is_compared_with_the_last_commit(project: Path) -> None:
    dvc(project, "exp", "run", "-S", "heads.xgboost.max_depth=2", "-n", "shallow", "evaluate@demo")
    changed = json.loads(dvc(project, "params", "diff", "--json"))
    assert changed["params.yaml"]["heads.xgboost.max_depth"]["new"] == 2
    shown = json.loads(dvc(project, "metrics", "show", "--json"))
    assert "uar" in json.dumps(shown)
    assert "shallow" in dvc(project, "exp", "list", "--name-only")


def test_plots_are_drawn(project: Path) -> None:
    drawn = dvc(project, "plots", "show", "--json", "reports/recipes/demo/plots/heads.csv")
    assert "softmax" in drawn


def test_a_cooked_recipe_reproduces_itself(project: Path) -> None:
    said = ser(project, "reproduce", "demo", "--summary", "demo.md")
    assert "inside" in said and "outside" not in said
    assert "reproduced" in (project / "demo.md").read_text()


def test_a_figure_that_is_not_what_git_records_fails(project: Path) -> None:
    path = project / "reports/recipes/demo/metrics.json"
    found = json.loads(path.read_text())
    for figures in found["heads"].values():
        figures["uar"] = {"mean": 0.995, "low": 0.99, "high": 1.0}
    path.write_text(json.dumps(found))
    commit(project, "a figure that nobody can reach")
    done = run(
        project,
        *(sys.executable, "-m", "pipeline.cli", "reproduce", "demo"),
        PYTHONPATH=str(project / "src"),
    )
    assert done.returncode == 1
    assert "recorded are 99.5 % (99.0 to 100.0)" in done.stderr


def test_a_clone_pulls_runs_nothing_and_fills_its_store_once(project: Path, tmp_path: Path) -> None:
    dvc(project, "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    commit(project, "a shelf")
    dvc(project, "push", "-q")
    clone = tmp_path / "clone"
    run(tmp_path, "git", "clone", "-q", str(project), str(clone))
    shutil.copytree(project / ".venv", clone / ".venv")
    pulled = run(clone, sys.executable, "-m", "dvc", "pull", "-q", "--allow-missing")
    assert pulled.returncode == 0, pulled.stderr
    assert stages(dvc(clone, "repro", "evaluate@demo")) == []
    assert not (clone / "mlflow.db").exists()
    assert ser(clone, "track", "sync").startswith("demo: 2 networks, 14 heads, 1 evaluation")
    assert ser(clone, "track", "sync") == "nothing to do\n"
    assert len(runs(clone, "tags.kind = 'network'")) == 2
    assert MlflowClient(f"sqlite:///{clone}/mlflow.db").get_model_version_by_alias(
        "ser-demo", "champion"
    )


def test_an_export_is_as_good_as_its_recipe_and_every_engine_predicts(project: Path) -> None:
    told = json.loads(
        ser(project, "export", "demo", "--head", "softmax", "--prune", "0.3", "--json")
    )
    exported = told["runtimes"]
    measured = json.loads((project / "reports/recipes/demo/metrics.json").read_text())
    assert exported["torch"]["uar"] == measured["heads"]["softmax"]["uar"]["mean"]
    assert exported["onnx"]["uar"] == exported["torch"]["uar"]
    assert exported["onnx"]["largest_difference"] < 1e-4
    assert abs(exported["int8"]["uar"] - exported["torch"]["uar"]) < 0.1
    assert told["tested"]["uar"] == measured["heads"]["softmax"]["uar"]
    emotions = [row["emotion"] for row in told["tested"]["by_emotion"]]
    assert [(each["emotion"], each["sex"]) for each in told["samples"]] == [
        (emotion, sex) for emotion in emotions for sex in ("female", "male")
    ]
    with (project / "data/splits/demo/split.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["role"] == "test"]
    tested = {(row["clip"], int(row["fold"])) for row in rows}
    for sample in told["samples"]:
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


def test_a_broken_recording_is_named_and_the_rest_is_predicted(project: Path) -> None:
    ser(project, "export", "demo", "--head", "softmax")
    clip = next((project / "data/corpora/demo").rglob("*.wav"))
    (project / "text.wav").write_text("no sound")
    done = run(
        project,
        *(sys.executable, "-m", "pipeline.cli", "predict", "text.wav", str(clip), "nowhere.wav"),
        PYTHONPATH=str(project / "src"),
    )
    assert done.returncode == 1
    assert "error: text.wav: not a recording that can be read" in done.stderr
    assert "error: nowhere.wav: no such file" in done.stderr
    assert "1 predicted, 2 could not be used" in done.stderr
    assert clip.name in done.stdout.replace("\n", "") or "%" in done.stdout
