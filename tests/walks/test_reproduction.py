"""A reproduction: figures that are held, pushed, pulled and recorded again elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from pipeline.config.base import read_params
from tests.graph.projects import change, commit, dvc, run, ser, stages_run

pytestmark = pytest.mark.slow
PARENT = "mlflow.parentRunId"


def runs(project: Path, query: str) -> list[Run]:
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("demo")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], query, max_results=1000))


def test_a_second_run_does_nothing(demo_project: Path) -> None:
    assert stages_run(dvc(demo_project, "repro", "evaluate@demo")) == []


def test_another_depth_fits_heads_and_trains_nothing(demo_project: Path) -> None:
    project = demo_project
    heads = read_params(project / "params.yaml")["heads"]["all"]
    deeper = {**heads, "xgboost": {**heads["xgboost"], "max_depth": 2}}
    change(project, heads={"all": deeper})
    assert stages_run(dvc(project, "repro", "evaluate@demo")) == [
        "sources",
        "heads@demo",
        "evaluate@demo",
    ]
    networks = {run.info.run_id for run in runs(project, "tags.kind = 'network'")}
    current = "tags.kind = 'head' and tags.head = 'xgboost' and tags.current = 'true'"
    found = runs(project, current)
    assert {run.data.params["head.max_depth"] for run in found} == {"2"}
    assert {run.data.tags[PARENT] for run in found} == networks
    assert len(found) == 2


def test_what_was_run_reproduces_itself(demo_project: Path) -> None:
    output = ser(demo_project, "reproduce", "demo", "--summary", "demo.md")
    assert "inside" in output and "outside" not in output
    assert "reproduced" in (demo_project / "demo.md").read_text()


def test_a_figure_that_is_not_what_git_records_fails(demo_project: Path) -> None:
    path = demo_project / "reports/recipes/demo/metrics.json"
    found = json.loads(path.read_text())
    for figures in found["heads"].values():
        figures["uar"] = {"mean": 0.995, "low": 0.99, "high": 1.0}
    path.write_text(json.dumps(found))
    commit(demo_project, "a figure out of reach")
    done = run(
        demo_project,
        *(sys.executable, "-m", "pipeline", "reproduce", "demo"),
        PYTHONPATH=str(demo_project / "src"),
    )
    assert done.returncode == 1
    assert "recorded are 99.5 % (99.0 to 100.0)" in done.stderr


def test_a_clone_pulls_runs_nothing_and_fills_its_store_once(
    demo_project: Path, tmp_path: Path
) -> None:
    dvc(demo_project, "remote", "add", "-d", "lab", str(tmp_path / "remote"))
    commit(demo_project, "a remote for the lab")
    dvc(demo_project, "push", "-q")
    clone = tmp_path / "clone"
    run(tmp_path, "git", "clone", "-q", str(demo_project), str(clone))
    shutil.copytree(demo_project / ".venv", clone / ".venv")
    dvc(clone, "pull", "-q", "--allow-missing")
    assert stages_run(dvc(clone, "repro", "evaluate@demo")) == []
    assert not (clone / "mlflow.db").exists()
    assert ser(clone, "track", "sync").startswith("demo: 2 networks, 14 heads, 1 evaluation")
    assert ser(clone, "track", "sync") == "nothing to do\n"
    assert len(runs(clone, "tags.kind = 'network'")) == 2
    assert MlflowClient(f"sqlite:///{clone}/mlflow.db").get_model_version_by_alias(
        "ser-demo", "champion"
    )


def test_one_page_is_pulled_without_the_rest(demo_project: Path, tmp_path: Path) -> None:
    dvc(demo_project, "remote", "add", "-d", "lab", str(tmp_path / "remote"))
    dvc(demo_project, "push", "-q", "evaluate@demo")
    commit(demo_project, "a remote for the lab")
    clone = tmp_path / "clone"
    run(tmp_path, "git", "clone", "-q", str(demo_project), str(clone))
    page = "reports/recipes/demo/report.html"
    assert not (clone / page).exists()
    dvc(clone, "pull", "-q", page)
    assert (clone / page).read_bytes() == (demo_project / page).read_bytes()
    assert not (clone / "models").exists() or not any((clone / "models").rglob("*.safetensors"))


def test_a_clone_takes_trainings_from_the_cache_of_runs_though_the_lock_is_lost(
    demo_project: Path, tmp_path: Path
) -> None:
    project = demo_project
    dvc(project, "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    dvc(project, "push", "-q", "--run-cache")
    (project / "dvc.lock").unlink()
    commit(project, "a shelf, and no lock of the recipe")
    clone = tmp_path / "clone"
    run(tmp_path, "git", "clone", "-q", str(project), str(clone))
    shutil.copytree(project / ".venv", clone / ".venv")
    ran = stages_run(dvc(clone, "repro", "--pull", "evaluate@demo"))
    assert set(ran) <= {"sources", "evaluate@demo"}
    assert (clone / "models/networks/demo/about.json").read_bytes() == (
        project / "models/networks/demo/about.json"
    ).read_bytes()
