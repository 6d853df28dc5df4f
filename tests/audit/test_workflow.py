"""The workflows ask for what is there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.audit.figures import read_published
from pipeline.cli import app
from pipeline.config.folders import recipes
from pipeline.config.yaml12 import read_yaml
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(ROOT / ".github/workflows/reproduce.yml")["jobs"]
    return found


def test_by_default_every_published_row_is_run() -> None:
    done = subprocess.run(
        [sys.executable, ".github/rows.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = [row.figure.recipe for row in read_published(ROOT).rows]
    assert json.loads(done.stdout) == [recipe for recipe in dict.fromkeys(rows) if recipe]


def test_a_pull_request_runs_a_recipe_that_is_there(jobs: dict[str, Any]) -> None:
    (step,) = [step for step in jobs["rows"]["steps"] if step.get("id") == "list"]
    (asked,) = re.findall(r"'(\[[^']*\])'", step["env"]["ASKED"])
    assert json.loads(asked)
    assert set(json.loads(asked)) <= set(recipes(ROOT))


def test_the_command_has_the_options_that_are_given(jobs: dict[str, Any]) -> None:
    commands = " ".join(str(step) for step in jobs["row"]["steps"])
    assert "ser reproduce" in commands
    shown = CliRunner().invoke(app, ["reproduce", "--help"], env={"COLUMNS": "200"}).output
    options = re.findall(r"--(?:no-)?(?:pull|summary)", commands)
    assert options
    for option in options:
        assert option in shown


def test_only_the_comment_may_write(jobs: dict[str, Any]) -> None:
    assert {name for name, job in jobs.items() if "permissions" in job} == {"comment"}


def test_the_check_runs_what_the_makefile_has() -> None:
    steps = read_yaml(ROOT / ".github/workflows/check.yml")["jobs"]["check"]["steps"]
    targets = {step["run"].removeprefix("make ") for step in steps if "run" in step}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets == {"lint", "speech", "coverage", "docs"}
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
