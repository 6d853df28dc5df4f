"""The workflow that reproduces rows asks for what is there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from pipeline.audit.figures import read_published
from pipeline.cli import app
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    text = (ROOT / ".github/workflows/reproduce.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = YAML(typ="safe").load(text)["jobs"]
    return found


def lists(jobs: dict[str, Any]) -> list[list[str]]:
    """The recipes of a pull request, and those of a person who names none."""
    matrix = jobs["row"]["strategy"]["matrix"]["recipe"]
    return [json.loads(found) for found in re.findall(r"'(\[[^']*\])'", matrix)]


def test_by_default_every_published_row_is_cooked(jobs: dict[str, Any]) -> None:
    rows = [row.recipe for _, _, row in read_published(ROOT / "published.yaml").rows()]
    assert lists(jobs)[1] == rows


def test_a_pull_request_cooks_published_rows(jobs: dict[str, Any]) -> None:
    asked, rows = lists(jobs)
    assert asked and set(asked) <= set(rows)


def test_the_command_has_the_options_that_are_given(jobs: dict[str, Any]) -> None:
    commands = " ".join(str(step) for step in jobs["row"]["steps"])
    assert "ser reproduce" in commands
    told = CliRunner().invoke(app, ["reproduce", "--help"], env={"COLUMNS": "200"}).output
    for option in re.findall(r"--(?:no-)?(?:pull|summary)", commands):
        assert option in told


def test_only_the_comment_may_write(jobs: dict[str, Any]) -> None:
    assert {name for name, job in jobs.items() if "permissions" in job} == {"comment"}
