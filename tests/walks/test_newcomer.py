"""A newcomer: from nothing to a report, and nothing twice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.graph.projects import run, ser

pytestmark = pytest.mark.slow


def test_the_demo_is_there_and_a_second_run_does_nothing(demo_project: Path) -> None:
    assert "nothing to do" in ser(demo_project, "run", "--dry", "demo")
    assert "Running stage" not in ser(demo_project, "run", "demo")
    assert (demo_project / "reports/recipes/demo/report.html").is_file()


def test_the_figures_are_a_table(demo_project: Path) -> None:
    shown = ser(demo_project, "report", "show", "demo")
    assert "xgboost" in shown and "UAR" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_dataset_is_a_table(demo_project: Path) -> None:
    assert "synthetic" in ser(demo_project, "dataset", "show", "demo")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("run", "dmo"), "did you mean 'demo'"),
        (("report", "show", "dmo"), "did you mean 'demo'"),
        (("config", "show", "dmo"), "did you mean 'demo'"),
        (("dataset", "show", "dmo"), "did you mean 'demo'"),
    ],
)
def test_a_slip_of_the_finger_leads_to_the_right_name(
    demo_project: Path, words: tuple[str, ...], line: str
) -> None:
    done = run(demo_project, sys.executable, "-m", "pipeline", *words, PYTHONPATH="src")
    assert done.returncode == 1
    (shown,) = done.stderr.strip().splitlines()
    assert line in shown


def test_every_command_teaches() -> None:
    helped = run(Path(), sys.executable, "-m", "pipeline", "run", "--help", COLUMNS="100")
    assert "Example: ser run demo" in helped.stdout
