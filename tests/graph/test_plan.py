"""What a run would do, said without doing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError
from pipeline.graph.plan import plan
from pipeline.graph.targets import Graph
from tests.graph.conftest import PARAMS


def running(root: Path, *targets: str) -> list[str]:
    return [step.stage for step in plan(targets, graph=Graph(root)) if step.runs]


def test_what_is_up_to_date_would_not_run(root: Path) -> None:
    assert running(root, "demo") == []


def test_what_changed_would_run_and_what_follows_it(root: Path) -> None:
    (root / "params.yaml").write_text(PARAMS.replace("width: 16", "width: 8"))
    assert running(root, "demo") == ["train@demo", "evaluate@demo"]


def test_a_bare_clone_is_planned_from_the_first_stage_to_the_last(root: Path) -> None:
    for name in ("view.txt", "demo.net", "demo.txt", "dvc.lock"):
        (root / name).unlink()
    assert running(root, "demo") == ["view", "train@demo", "evaluate@demo"]


def test_without_a_target_the_main_pipeline_is_planned(root: Path) -> None:
    assert running(root) == ["train@other", "evaluate@other"]


def test_a_plan_makes_nothing(root: Path) -> None:
    before = {path.name for path in root.iterdir()}
    plan(["other"], graph=Graph(root))
    assert {path.name for path in root.iterdir()} == before


def test_a_wrong_target_names_the_nearest(root: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'demo'"):
        plan(["dmo"], graph=Graph(root))
