"""Where, when and at what cost a recipe's networks were trained.

The figures of a recipe are the same whenever it is cooked; this is what is not. It is
kept beside them in git and is no output of a stage, so that nothing goes stale by it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.core.storage import write_json
from pipeline.evaluation.results import REPORTS

if TYPE_CHECKING:
    from pipeline.training.runs import Follow, Member, Watch

FILE: Final = "provenance.json"
OFTEN: Final = 10.0
"""Seconds between notes of how long a training has taken: what a kill can hide."""


class Clock:
    """Adds up the seconds of trainings, over as many starts as they take."""

    def __init__(self, work: Path) -> None:
        """Go on from what earlier starts have noted.

        Args:
            work: the file of seconds by network; lives until the recipe is trained.
        """
        self.work = work
        self.seconds: dict[str, float] = (
            json.loads(work.read_text(encoding="utf-8")) if work.is_file() else {}
        )

    def timing(self, follow: Follow) -> Follow:
        """Whoever follows a training, with a clock beside."""

        @contextmanager
        def followed(member: Member) -> Iterator[Watch]:
            with follow(member) as watch:
                timed = _Timed(self, member.name, watch)
                yield timed
                timed.note()

        return followed


class _Timed:
    """Passes on what it hears, and notes the time."""

    def __init__(self, clock: Clock, name: str, watch: Watch) -> None:
        self.clock = clock
        self.name = name
        self.watch = watch
        self.before = clock.seconds.get(name, 0.0)
        self.start = self.noted = time.monotonic()

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        self.watch.epoch(number, figures)
        if time.monotonic() - self.noted > OFTEN:
            self.note()

    def done(self, facts: dict[str, Any]) -> None:
        self.watch.done(facts)

    def note(self) -> None:
        self.noted = time.monotonic()
        self.clock.seconds[self.name] = round(self.before + self.noted - self.start, 1)
        write_json(self.clock.work, self.clock.seconds)


def write(about: Mapping[str, Any], clock: Clock, root: Path = Path()) -> dict[str, Any]:
    """Write a recipe's ``provenance.json``.

    Args:
        about: what describes its networks, with them.
        clock: that ran beside their trainings; networks that it did not see have no seconds.
        root: of the repository.

    Returns:
        What it says.
    """
    names = [Path(item["weights"]).stem for item in about["networks"]]
    seconds = [clock.seconds[name] for name in names if name in clock.seconds]
    found = {
        "recipe": about["recipe"],
        "commit": git(root, "rev-parse", "--short=12", "HEAD"),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        **about["environment"],
        "seeds": about["seeds"],
        "networks": len(names),
        "seconds": round(sum(seconds), 1) if len(seconds) == len(names) else None,
    }
    write_json(root / REPORTS / about["recipe"] / FILE, found)
    clock.work.unlink(missing_ok=True)
    return found


def read(recipe: str, reports: Path = REPORTS) -> dict[str, Any] | None:
    """What is known of where a recipe was trained, if anything."""
    path = reports / recipe / FILE
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _processor() -> str:
    """The processor's name, where the system tells."""
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def git(root: Path, *words: str) -> str | None:
    """What git says of a repository; none where it is not there, or is no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
