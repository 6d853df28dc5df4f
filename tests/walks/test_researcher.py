"""Trying something with DVC, comparing it, and going back without losing or training anything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.config.yaml12 import read_yaml
from tests.graph.projects import (
    commit,
    dvc,
    make_whole_project,
    run,
    ser,
    stages_run,
    write,
)

pytestmark = pytest.mark.slow
HEADLINE = "reports/recipes/demo/headline.json"
SHALLOW = ("recipe", "set", "demo", "heads.xgboost.max_depth=2")
BACK = ("recipe", "set", "demo", "heads.xgboost.max_depth=3")


def figures(project: Path) -> dict[str, str]:
    """What was made, as text: the locks and the figures."""
    names = (
        "dvc.lock",
        "inputs/dvc.lock",
        "params.yaml",
        HEADLINE,
        "reports/recipes/demo/counts.csv",
    )
    return {name: (project / name).read_text() for name in names}


def networks(project: Path) -> dict[str, bytes]:
    folder = project / "models/networks/demo"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def uncommitted(project: Path) -> Path:
    """The same repository, in which git knows the code and nothing that was run."""
    shutil.rmtree(project / ".git")
    run(project, "git", "init", "-q")
    made = (
        "dvc.lock\ninputs/dvc.lock\nreports\nsources\ndata\nmodels\n"
        ".venv\nmlflow.db*\nmlartifacts\ncheckpoints\n.gitignore\n"
    )
    (project / ".git/info/exclude").write_text(made)
    commit(project, "the code alone")
    (project / ".git/info/exclude").write_text(".venv\nmlflow.db*\nmlartifacts\ncheckpoints\n")
    return project


def test_an_experiment_shows_what_it_changed_and_nothing_else(demo_project: Path) -> None:
    ser(demo_project, *SHALLOW)
    dvc(demo_project, "exp", "run", "-n", "shallow", "evaluate@demo")
    depth = {"params.yaml": {"heads.all.xgboost.max_depth": {"old": 3, "new": 2, "diff": -1}}}
    assert json.loads(dvc(demo_project, "params", "diff", "--json")) == depth
    head = run(demo_project, "git", "rev-parse", "HEAD").stdout.strip()
    found = json.loads(dvc(demo_project, "exp", "diff", head, "shallow", "--json"))
    assert found["params"] == depth
    assert set(found["metrics"]) == {HEADLINE}
    assert "heads.softmax" not in found["metrics"][HEADLINE]
    assert "shallow" in dvc(demo_project, "exp", "list", "--name-only")


def test_an_experiment_says_what_is_stale_before_it_runs(demo_project: Path) -> None:
    ser(demo_project, *SHALLOW)
    found = json.loads(ser(demo_project, "recipe", "status", "demo", "--json"))
    (recipe,) = found["recipes"]
    stages = {item["stage"]: (item["state"], item["why"]) for item in recipe["stages"]}
    why = "params.yaml: heads.all.xgboost.max_depth was 3, is 2"
    assert stages["train@demo"] == ("up to date", [])
    assert stages["heads@demo"] == ("stale", [why])
    assert stages["evaluate@demo"] == ("waits", ["for heads@demo"])


def test_metrics_of_one_recipe_fit_a_terminal(demo_project: Path) -> None:
    words = ("metrics", "diff", "--all", "--no-path", "--targets", HEADLINE)
    lines = dvc(demo_project, *words).splitlines()
    assert any(line.startswith("uar ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_plots_are_drawn(demo_project: Path) -> None:
    drawn = dvc(demo_project, "plots", "show", "--json", "reports/recipes/demo/plots/heads.csv")
    assert "softmax" in drawn


def test_going_back_loses_and_trains_nothing_though_nothing_was_committed(
    demo_project: Path,
) -> None:
    project = uncommitted(demo_project)
    before, weights = figures(project), networks(project)
    ser(project, *SHALLOW)
    dvc(project, "exp", "run", "-n", "shallow", "evaluate@demo")
    assert figures(project) != before
    ser(project, *BACK)
    output = ser(project, "run", "demo")
    assert "train@demo" not in stages_run(output) and "heads@demo" not in stages_run(output)
    assert figures(project) == before
    assert networks(project) == weights


def test_networks_that_are_lost_with_their_lock_come_from_the_cache_of_runs(
    demo_project: Path,
) -> None:
    weights = networks(demo_project)
    shutil.rmtree(demo_project / "models/networks/demo")
    lock = read_yaml(demo_project / "dvc.lock")
    del lock["stages"]["train@demo"]
    write(demo_project / "dvc.lock", lock)
    output = dvc(demo_project, "repro", "evaluate@demo")
    assert stages_run(output) == []
    assert "Stage 'train@demo' is cached" in output
    assert networks(demo_project) == weights
    assert "train@demo" in read_yaml(demo_project / "dvc.lock")["stages"]


def test_everything_costly_comes_from_the_cache_of_runs(demo_project: Path) -> None:
    before = figures(demo_project)
    for name in ("models", "data/splits", "data/embeddings", "data/predictions", "dvc.lock"):
        path = demo_project / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert stages_run(dvc(demo_project, "repro", "evaluate@demo")) == ["sources", "evaluate@demo"]
    assert figures(demo_project) == before


def test_figures_of_a_commit_can_be_read_beside_all_papers_and_studies(tmp_path: Path) -> None:
    """DVC reads no graph of a commit in which one of them is a symbolic link."""
    project = make_whole_project(tmp_path / "project")
    figure = project / HEADLINE
    figure.parent.mkdir(parents=True)
    figure.write_text('{"uar": 0.5}')
    commit(project, "a figure")
    figure.write_text('{"uar": 0.75}')
    found = json.loads(dvc(project, "metrics", "diff", "--json", "--targets", HEADLINE))
    assert found[HEADLINE]["uar"] == {"old": 0.5, "new": 0.75, "diff": 0.25}
