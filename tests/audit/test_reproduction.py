"""What is cooked here, held to what the last commit records."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit import reproduction
from pipeline.audit.figures import Published, read_published
from pipeline.audit.reproduction import Line, recorded
from pipeline.core.errors import ReproductionError
from pipeline.evaluation.metrics import Interval
from pipeline.evaluation.results import read_metrics
from tests.graph.projects import run

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture
def reports(evaluated: Path, tmp_path: Path) -> Path:
    """Reports to change, in a repository of git whose only commit has them as cooked."""
    copy = tmp_path / "reports/recipes"
    shutil.copytree(evaluated / "reports/recipes", copy)
    run(tmp_path, "git", "init", "-q")
    run(tmp_path, "git", "add", "-A")
    done = run(tmp_path, "git", *WHO, "commit", "-qm", "cooked")
    assert done.returncode == 0, done.stderr
    return copy


@pytest.fixture
def published(evaluated: Path) -> Published:
    return read_published(evaluated / "published.yaml")


def change(reports: Path, recipe: str, **values: Any) -> None:
    path = reports / recipe / "metrics.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, **values}))


def worse(reports: Path, recipe: str, head: str) -> dict[str, Any]:
    """The heads' figures with one so low that no interval holds it."""
    heads: dict[str, Any] = read_metrics(recipe, reports)["heads"]
    heads[head]["uar"]["mean"] = 0.01
    return heads


def test_the_last_commit_is_what_is_recorded(reports: Path, tmp_path: Path) -> None:
    change(reports, "leaky", clips=1)
    found = recorded("leaky", tmp_path)
    assert found is not None and found["clips"] > 1


def test_what_was_never_committed_is_not_recorded(tmp_path: Path) -> None:
    assert recorded("leaky", tmp_path) is None


def test_the_same_figures_are_reproduced(
    reports: Path, tmp_path: Path, published: Published
) -> None:
    made = reproduction.compare("leaky", recorded("leaky", tmp_path), published, reports)
    assert [(line.head, line.figure) for line in made.lines] == [
        ("softmax", "uar"),
        ("softmax", "accuracy"),
    ]
    made.require()


def test_a_figure_that_left_its_interval_is_named(
    reports: Path, tmp_path: Path, published: Published
) -> None:
    change(reports, "leaky", heads=worse(reports, "leaky", "softmax"))
    made = reproduction.compare("leaky", recorded("leaky", tmp_path), published, reports)
    with pytest.raises(ReproductionError, match=r"leaky: softmax reads 1\.0 % uar, recorded are"):
        made.require()


def test_heads_that_stand_for_nothing_may_differ(
    reports: Path, tmp_path: Path, published: Published
) -> None:
    change(reports, "leaky", heads=worse(reports, "leaky", "majority"))
    reproduction.compare("leaky", recorded("leaky", tmp_path), published, reports).require()


def test_other_clips_are_no_reproduction(
    reports: Path, tmp_path: Path, published: Published
) -> None:
    change(reports, "leaky", tested="others")
    with pytest.raises(ReproductionError, match="clips were tested here, others than"):
        reproduction.compare("leaky", recorded("leaky", tmp_path), published, reports)


def test_first_figures_are_no_failure(reports: Path, published: Published) -> None:
    made = reproduction.compare("leaky", None, published, reports)
    assert made.lines == ()
    made.require()


def test_a_figure_without_an_interval_must_be_the_same() -> None:
    alone = Interval(0.5, math.nan, math.nan)
    assert Line("svm", "uar", alone, alone).holds
    assert not Line("svm", "uar", alone, Interval(0.501, math.nan, math.nan)).holds


def test_a_summary_shows_the_answers(reports: Path, tmp_path: Path, published: Published) -> None:
    made = reproduction.compare("leaky", recorded("leaky", tmp_path), published, reports)
    reproduction.write_summary(made, tmp_path / "leaky.md")
    text = (tmp_path / "leaky.md").read_text()
    assert text.startswith("### leaky: reproduced\n")
    assert "| softmax | uar |" in text
    assert "Published as low: 10.0 % accuracy." in text
    lines = text[text.index("| spoken |") :].split("\n\n")[0].splitlines()
    assert len(lines) == 2 + len(made.answers.emotions)
    for line in lines[2:]:
        assert sum(int(cell) for cell in line.split("|")[2:-1]) == pytest.approx(100, abs=2)
