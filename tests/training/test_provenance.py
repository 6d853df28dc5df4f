"""Where and at what cost networks were trained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.training import provenance, runs
from pipeline.training.about import NetworksAbout
from pipeline.training.observer import Observe, unobserved
from pipeline.training.provenance import Clock
from pipeline.training.run import Run
from tests.training import tiny


def train(root: Path, clock: Clock, observe: Observe = unobserved) -> NetworksAbout:
    made, timed = tiny.recipe(), clock.observe(observe)
    return runs.train(made, root / "models", root / "work", timed, progress=False)


def test_a_recipe_says_what_it_cost_and_where(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "seconds.json")
    about = train(tmp_path, clock)
    found = provenance.write(about, clock, tmp_path)
    assert found["networks"] == 3
    assert found["seconds"] == pytest.approx(sum(clock.seconds.values()), abs=0.2)
    assert {"commit", "processor", "cores", "device", "threads", "torch", "seeds"} <= set(found)
    assert provenance.read("tiny", tmp_path / "reports/recipes") == found
    assert not (tmp_path / "seconds.json").exists()


def test_a_killed_training_counts_from_where_it_was(tmp_path: Path) -> None:
    work = tmp_path / "seconds.json"
    work.write_text(json.dumps({"fold-0-seed-0": 100.0}))
    clock = Clock(work)
    train(tmp_path, clock)
    assert clock.seconds["fold-0-seed-0"] >= 100.0
    assert clock.seconds["fold-1-seed-0"] < 100.0


def test_networks_that_were_not_timed_have_no_seconds(tmp_path: Path) -> None:
    about = train(tmp_path, Clock(tmp_path / "other.json"))
    found = provenance.write(about, Clock(tmp_path / "seconds.json"), tmp_path)
    assert found["seconds"] is None


def test_another_observer_is_called_too(tmp_path: Path) -> None:
    calls: list[str] = []

    class Observer:
        def epoch(self, number: int, figures: dict[str, float]) -> None:
            calls.append(f"epoch {number}")

        def done(self, facts: dict[str, Any]) -> None:
            calls.append("done")

    @contextmanager
    def observe(about: NetworksAbout, run: Run) -> Iterator[Observer]:
        yield Observer()

    train(tmp_path, Clock(tmp_path / "seconds.json"), observe)
    assert calls == ["epoch 1", "epoch 2", "epoch 3", "done"] * 3


def test_a_folder_without_git_has_no_commit(tmp_path: Path) -> None:
    assert provenance.git(tmp_path, "rev-parse", "HEAD") is None


def test_an_unknown_recipe_has_no_provenance(tmp_path: Path) -> None:
    assert provenance.read("nowhere", tmp_path) is None
