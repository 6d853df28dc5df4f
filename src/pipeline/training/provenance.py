"""Where, when and at what cost a recipe's networks were trained.

The figures of a recipe are the same whenever it is run; this is what is not. It is
beside them in git and is no output of a stage, so that nothing goes stale by it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pipeline.core.layout import Layout
from pipeline.core.storage import write_json
from pipeline.training.about import NetworksAbout
from pipeline.training.observer import Observe, RunObserver
from pipeline.training.run import Run

FILE: Final = "provenance.json"
REPORTS: Final = Layout().recipe_reports
OFTEN: Final = 10.0
"""Seconds between notes of how long a training has taken: what a kill can hide."""


class Clock:
    """Adds up the seconds of trainings, over as many starts as they take."""

    def __init__(self, path: Path) -> None:
        """Go on from what earlier starts have noted.

        Args:
            path: of the seconds by run; lives until the recipe is trained.
        """
        self.path = path
        self.seconds: dict[str, float] = (
            json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        )

    def observe(self, observe: Observe) -> Observe:
        """Time what another observer observes."""

        @contextmanager
        def timed(about: NetworksAbout, run: Run) -> Iterator[RunObserver]:
            with observe(about, run) as observer:
                clocked = _Timed(self, run.name, observer)
                yield clocked
                clocked.note()

        return timed


class _Timed:
    """Passes on what it is called with, and notes the time."""

    def __init__(self, clock: Clock, name: str, observer: RunObserver) -> None:
        self.clock = clock
        self.name = name
        self.observer = observer
        self.before = clock.seconds.get(name, 0.0)
        self.start = self.noted = time.monotonic()

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        self.observer.epoch(number, figures)
        if time.monotonic() - self.noted > OFTEN:
            self.note()

    def done(self, facts: dict[str, Any]) -> None:
        self.observer.done(facts)

    def note(self) -> None:
        self.noted = time.monotonic()
        self.clock.seconds[self.name] = round(self.before + self.noted - self.start, 1)
        write_json(self.clock.path, self.clock.seconds)


def write(about: NetworksAbout, clock: Clock, root: Path = Path()) -> dict[str, Any]:
    """Write a recipe's ``provenance.json``.

    Args:
        about: what describes its networks.
        clock: that timed their trainings; networks that it did not time have no seconds.
        root: of the repository.

    Returns:
        What it says.
    """
    names = [item.run.name for item in about.networks]
    seconds = [clock.seconds[name] for name in names if name in clock.seconds]
    found = {
        "recipe": about.recipe,
        "commit": git(root, "rev-parse", "--short=12", "HEAD"),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        **about.environment,
        "seeds": list(about.seeds),
        "networks": len(names),
        "seconds": round(sum(seconds), 1) if len(seconds) == len(names) else None,
    }
    write_json(Layout(root).report(about.recipe) / FILE, found)
    clock.path.unlink(missing_ok=True)
    return found


def read(recipe: str, reports: Path = REPORTS) -> dict[str, Any] | None:
    """What is known of where a recipe was trained, if anything."""
    path = reports / recipe / FILE
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _processor() -> str:
    """The processor's name, where the system has it."""
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def git(root: Path, *words: str) -> str | None:
    """What a git command prints; none where git or the repository is absent."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
