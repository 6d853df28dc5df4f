"""What is measured here, compared with what the last commit records."""

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
from pipeline.core.layout import Layout
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.results import read_metrics
from tests.conftest import ROOT
from tests.graph.projects import run

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture
def root(evaluated: Path, tmp_path: Path) -> Path:
    """A repository of git to change, whose only commit has the reports as they were made."""
    shutil.copytree(evaluated / "reports/recipes", tmp_path / "reports/recipes")
    for path in evaluated.rglob("params.yaml"):
        copy = tmp_path / path.relative_to(evaluated)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    run(tmp_path, "git", "init", "-q")
    run(tmp_path, "git", "add", "-A")
    done = run(tmp_path, "git", *WHO, "commit", "-qm", "figures")
    assert done.returncode == 0, done.stderr
    return tmp_path


@pytest.fixture
def published(evaluated: Path) -> Published:
    return read_published(evaluated)


def change(root: Path, recipe: str, **values: Any) -> None:
    path = Layout(root).report(recipe) / "metrics.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, **values}))


def worse(root: Path, recipe: str, head: str) -> dict[str, Any]:
    """The heads' figures with one so low that no interval holds it."""
    heads: dict[str, Any] = read_metrics(recipe, root)["heads"]
    heads[head]["uar"]["mean"] = 0.01
    return heads


def test_the_last_commit_is_what_is_recorded(root: Path) -> None:
    change(root, "leaky", clips=1)
    found = recorded("leaky", root)
    assert found is not None and found["clips"] > 1


def test_what_was_never_committed_is_not_recorded(root: Path) -> None:
    assert recorded("another", root) is None


def test_the_same_figures_are_reproduced(root: Path, published: Published) -> None:
    made = reproduction.compare("leaky", recorded("leaky", root), published, root)
    assert [(line.head, line.figure) for line in made.lines] == [
        ("softmax", "uar"),
        ("softmax", "accuracy"),
    ]
    made.require()


def test_a_figure_that_left_its_interval_is_named(root: Path, published: Published) -> None:
    change(root, "leaky", heads=worse(root, "leaky", "softmax"))
    made = reproduction.compare("leaky", recorded("leaky", root), published, root)
    with pytest.raises(ReproductionError, match=r"leaky: softmax reads 1\.0 % uar, recorded are"):
        made.require()


def test_heads_that_stand_for_nothing_may_differ(root: Path, published: Published) -> None:
    change(root, "leaky", heads=worse(root, "leaky", "majority"))
    reproduction.compare("leaky", recorded("leaky", root), published, root).require()


def test_a_recipe_is_about_the_heads_of_its_published_figures(published: Published) -> None:
    paper = published.papers["paper"]
    row = paper.figures["low"].model_copy(update={"head": "svm"})
    other = published.model_copy(
        update={"papers": {"paper": paper.model_copy(update={"figures": {"low": row}})}}
    )
    assert reproduction.named_heads("honest", other, ROOT) == ["svm"]


def test_a_recipe_of_one_head_is_about_that_head(published: Published) -> None:
    assert reproduction.named_heads("svm-8-speakers", published, ROOT) == ["svm-gaussian"]
    assert reproduction.named_heads("demo", published, ROOT) == []


def test_other_clips_are_no_reproduction(root: Path, published: Published) -> None:
    change(root, "leaky", tested="others")
    with pytest.raises(ReproductionError, match="clips were tested here, others than"):
        reproduction.compare("leaky", recorded("leaky", root), published, root)


def test_first_figures_are_no_failure(root: Path, published: Published) -> None:
    made = reproduction.compare("leaky", None, published, root)
    assert made.lines == ()
    made.require()


def test_a_figure_without_an_interval_must_be_the_same() -> None:
    alone = Interval(0.5, math.nan, math.nan)
    assert Line("svm", "uar", alone, alone).holds
    assert not Line("svm", "uar", alone, Interval(0.501, math.nan, math.nan)).holds


def test_a_summary_shows_the_confusion_matrix(root: Path, published: Published) -> None:
    made = reproduction.compare("leaky", recorded("leaky", root), published, root)
    reproduction.write_summary(made, root / "leaky.md")
    text = (root / "leaky.md").read_text()
    assert text.startswith("### leaky: reproduced\n")
    assert "| softmax | uar |" in text
    assert "Published as low: 10.0 % accuracy." in text
    lines = text[text.index("| true |") :].split("\n\n")[0].splitlines()
    assert len(lines) == 2 + len(made.counts.emotions)
    for line in lines[2:]:
        assert sum(int(cell) for cell in line.split("|")[2:-1]) == pytest.approx(100, abs=2)
