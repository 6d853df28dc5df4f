"""One recipe's tree of runs in the store."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pipeline.tracking import arrange, store
from pipeline.tracking.outputs import Outputs, flat, recipe_key
from pipeline.tracking.store import NOTE, PARENT, Point, StoredRun
from pipeline.training.provenance import git
from pipeline.training.run import Run

By = Literal["stage", "sync"]
"""What records: a stage that has just run, or ``ser track sync`` afterwards."""


class Tree:
    """One training identity of a recipe, and the recipe's runs in the store.

    Attributes:
        outputs: the files of the recipe.
        facts: what the recipe is made of, as plain data.
        by: what records.
        key: the hash of the facts.
        store: with the runs.
    """

    def __init__(self, outputs: Outputs, facts: Mapping[str, Any], by: By) -> None:
        self.outputs = outputs
        self.facts = facts
        self.by = by
        self.key = recipe_key(facts)
        self.store = store.connect()
        self._runs: list[StoredRun] | None = None
        self._parent: StoredRun | None = None

    @cached_property
    def experiment(self) -> str:
        """The id of the dataset's experiment."""
        return self.store.experiment(self.facts["dataset"], arrange.TAGS)

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """The tree with all its runs read, while no other process makes any."""
        with self.store.locked():
            self.load()
            yield self

    def load(self) -> None:
        """Read all of the recipe's runs at once."""
        self._runs = self.store.runs(self.experiment, recipe=self.facts["recipe"])

    def find(self, key: str) -> list[StoredRun]:
        """The runs with a key, the newest first."""
        if self._runs is None:
            return self.store.runs(self.experiment, key=key)
        return [run for run in self._runs if run.tags.get("key") == key]

    def is_recorded(self, key: str) -> bool:
        """Whether a complete run with a key is there."""
        return any(run.finished for run in self.find(key))

    def parent(self) -> StoredRun:
        """The recipe's own run, made when it is absent."""
        if self._parent is None:
            found = self.find(self.key)
            self._parent = found[0] if found else self._start_parent()
        return self._parent

    def finish_parent(self) -> None:
        """End the recipe's own run: everything that it is made of is recorded."""
        if not self.parent().finished:
            self.store.finish(self.parent().id)
            self._parent = replace(self.parent(), status="FINISHED")

    def is_child(self, run: StoredRun) -> bool:
        """Whether a run is directly under the recipe's."""
        return run.tags.get(PARENT) == self.parent().id

    def network(self, run: Run, weights: str) -> StoredRun | None:
        """The finished run that trained these weights."""
        name = run_name("network", run)
        for stored in self._runs or ():
            if (
                stored.finished
                and stored.name == name
                and stored.tags.get("weights") == weights
                and stored.tags.get("kind") == "network"
                and self.is_child(stored)
            ):
                return stored
        return None

    def summaries(self, keys: Container[str]) -> list[StoredRun]:
        """The finished summaries of heads with these keys."""
        return [
            run
            for run in self._runs or ()
            if run.finished and run.tags.get("kind") == "summary" and run.tags.get("key") in keys
        ]

    def record(
        self,
        kind: str,
        key: str,
        name: str,
        parent: StoredRun | None,
        *,
        points: Sequence[Point],
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        start: int,
        inside: Callable[[StoredRun], None] = lambda run: None,
    ) -> int:
        """Make a complete run, or complete one that a kill left incomplete.

        Returns:
            1, or 0 if it was there.
        """
        if self.is_recorded(key):
            return 0
        found = self.find(key)
        run = found[0] if found else self.start(kind, key, name, parent, tags, start)
        self.store.log(run.id, points, params)
        inside(run)
        self.store.finish(run.id, end=run.start)
        return 1

    def start(
        self,
        kind: str,
        key: str,
        name: str,
        parent: StoredRun | None,
        tags: Mapping[str, str],
        start: int | None = None,
    ) -> StoredRun:
        """A new run with the tags that all have."""
        facts, inputs = self.facts, self.facts.get("inputs", {})
        common = {
            "kind": kind,
            "key": key,
            "recipe": facts["recipe"],
            "dataset": facts["dataset"],
            "view": facts.get("view", ""),
            "protocol": facts.get("protocol", ""),
            "label": self.outputs.label(),
            "network": facts.get("network", {}).get("name", ""),
            "view_sha256": inputs.get("view", ""),
            "split_sha256": inputs.get("split", ""),
            "current": "true",
            "recorded_by": self.by,
            **_origin(self.outputs.root.absolute()),
            **tags,
        }
        stage = {"summary": "evaluate", "head": "heads", "trial": "heads"}.get(kind, "train")
        common["mlflow.source.name"] = f"{stage}@{facts['recipe']}"
        common["mlflow.source.type"] = "LOCAL"
        if parent is not None:
            common[PARENT] = parent.id
        filled = {tag: value for tag, value in common.items() if value}
        return self.store.start(self.experiment, name, filled, start)

    def mark_current(self, kind: str, current: Callable[[StoredRun], bool]) -> int:
        """Tag the runs of a kind that stand for what is on disk; returns how many changed."""
        changed = 0
        for run in self._runs or ():
            if not run.finished or run.tags.get("kind") != kind:
                continue
            value = str(current(run)).lower()
            if run.tags.get("current") != value:
                self.store.log(run.id, tags={"current": value})
                changed += 1
        return changed

    def _start_parent(self) -> StoredRun:
        facts = self.facts
        note = "\n\n".join(filter(None, (f"**{self.outputs.title()}**", self.outputs.label())))
        run = self.start("recipe", self.key, facts["recipe"], None, {NOTE: note})
        names = ("dataset", "view", "protocol", "emotions", "seeds")
        settings = {name: facts[name] for name in names if name in facts}
        for name in ("network", "training", "initial_weights", "embeddings"):
            settings[name] = facts.get(name, {})
        self.store.log(run.id, params=flat(settings))
        return run


def run_name(what: str, run: Run) -> str:
    """The name of a network's or a head's run.

    Example:
        >>> run_name("network", Run(0, 1)), run_name("network", Run(0, 1, 2))
        ('network fold-0 seed-1', 'network fold-0 seed-1 part-2')
    """
    part = "" if run.number is None else f" part-{run.number}"
    return f"{what} fold-{run.fold} seed-{run.seed}{part}"


@cache
def _origin(root: Path) -> dict[str, str]:
    """The commit that runs are recorded by, and its user.

    Files that DVC itself writes do not make the commit dirty.
    """
    commit = git(root, "rev-parse", "HEAD")
    changes = git(root, "status", "--porcelain", "--", ".", ":!dvc.lock", ":!reports")
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no such user in a container
        user = ""
    return {
        "git_commit": commit or "unknown",
        "dirty": "unknown" if changes is None else "yes" if changes else "no",
        "dvc_experiment": os.environ.get("DVC_EXP_NAME", ""),
        "mlflow.source.git.commit": commit or "",
        "mlflow.user": user,
    }
