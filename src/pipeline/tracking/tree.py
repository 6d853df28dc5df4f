"""One recipe's tree of runs, and the run of a training that grows as it goes."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal, Self

from pipeline.tracking import store
from pipeline.tracking.outputs import Member, Outputs, flat, network_key, recipe_key
from pipeline.tracking.store import NOTE, PARENT, Figures, Known, Point, Store
from pipeline.training.provenance import git

By = Literal["stage", "sync"]
"""Who records: a stage that has just run, or ``ser track sync`` afterwards."""

DIGITS: Final = 6
"""As in curves.csv, so that a followed training and its table agree exactly."""

EXPERIMENT: Final = {
    "mlflow.experimentKind": "custom_model_development",
    NOTE: (
        "A run per recipe. Under it: a summary per head over all folds (tag `kind` = "
        "`summary`), and the networks with the heads fitted on each. What was replaced by "
        "newer outputs has the tag `current` = `false`."
    ),
}


class Live:
    """The run of one training.

    A training that was killed tells its epochs again, from the first. A run of the same
    training is continued as long as it says the same of every epoch; where it does not,
    because the code has changed since, it is left and a new one begins.

    Example:
        ::

            with follow(about, fold=0, seed=0, part=None) as live:
                live.epoch(1, {"loss": 2.01, "validation_uar": 0.14})
                live.done({"sha256": "…", "epochs": 1, "validation_uar": 0.14})
    """

    def __init__(self, tree: Tree, member: Member, start: int | None = None) -> None:
        self._tree = tree
        self._member = member
        self._date = start
        self._told: dict[int, Figures] = {}
        self._key = network_key(tree.about, member)
        found = [run for run in tree.find(self._key) if run.status in ("RUNNING", "FINISHED")]
        # Unfinished ones first: they wait to be continued.
        found.sort(key=lambda run: (run.finished, -run.start))
        self._candidates = [_Told(run, tree.store) for run in found]
        if not self._candidates:
            self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave an unfinished run as it is, for the training that goes on."""

    def epoch(self, number: int, figures: Figures) -> None:
        """Record one epoch, unless it is there."""
        self.epochs([(number, figures)])

    def epochs(self, points: Sequence[Point]) -> None:
        """Record several epochs at once."""
        for number, figures in points:
            self._told[number] = {
                name: round(float(value), DIGITS) for name, value in figures.items()
            }
        self._settle()

    def done(self, network: Mapping[str, Any]) -> None:
        """Record what became of the network, and end the run."""
        current = self._settle()
        while current.run.finished:
            if current.run.tags.get("weights") == network["sha256"]:
                return
            self._candidates.remove(current)
            current = self._settle()
        facts = {name: network.get(name) for name in ("parameters", "clips")}
        figures = ("validation_uar", "validation_loss", "best_epoch", "epochs")
        self._tree.store.log(
            current.run.id,
            [(0, {name: network[name] for name in figures if network.get(name) is not None})],
            {name: value for name, value in facts.items() if value is not None},
            {"weights": network["sha256"]},
        )
        self._tree.store.finish(current.run.id, end=self._date)

    def _settle(self) -> _Told:
        """The run that says what was told; all of it, afterwards."""
        while self._candidates and not self._candidates[0].agrees(self._told):
            other = self._candidates.pop(0)
            if not other.run.finished:
                self._tree.store.finish(other.run.id, "KILLED")
        current = self._candidates[0] if self._candidates else self._begin()
        if not current.run.finished:
            current.add(self._told)
        return current

    def _begin(self) -> _Told:
        tree, (fold, seed, part) = self._tree, self._member
        place = {"fold": fold, "seed": seed} | ({} if part is None else {"part": part})
        run = tree.start("network", self._key, named("network", *self._member), tree.top(), {},
                         self._date)  # fmt: skip
        settings = {name: tree.about[name] for name in ("network", "training", "environment")}
        tree.store.log(run.id, params={**place, **flat(settings)})
        self._candidates.append(_Told(run, tree.store, {}))
        return self._candidates[0]


class _Told:
    """What a run says of the epochs."""

    def __init__(
        self, run: Known, store: Store, epochs: dict[int, dict[str, float]] | None = None
    ) -> None:
        self.run = run
        self._store = store
        self._epochs = epochs

    def agrees(self, told: Mapping[int, Figures]) -> bool:
        """Whether it says the same of every epoch, as far as it has come."""
        epochs = self._known(next(iter(told.values()), {}))
        return all(
            epochs[number] == figures if number in epochs else not self.run.finished
            for number, figures in told.items()
        )

    def add(self, told: Mapping[int, Figures]) -> None:
        """Record the epochs that it lacks."""
        epochs = self._known(next(iter(told.values()), {}))
        fresh = {number: dict(told[number]) for number in told.keys() - epochs.keys()}
        points = [
            (number, {f"epoch/{name}": value for name, value in fresh[number].items()})
            for number in sorted(fresh)
        ]
        self._store.log(self.run.id, points)
        epochs |= fresh

    def _known(self, names: Figures) -> dict[int, dict[str, float]]:
        if self._epochs is None:
            self._epochs = {}
            for name in names:
                for number, value in self._store.history(self.run.id, f"epoch/{name}").items():
                    self._epochs.setdefault(number, {})[name] = value
        return self._epochs


class Tree:
    """One training identity of a recipe, and the recipe's runs in the store."""

    def __init__(self, outputs: Outputs, about: Mapping[str, Any], by: By) -> None:
        self.outputs = outputs
        self.about = about
        self.by = by
        self.key = recipe_key(about)
        self.store = store.connect()
        self._runs: list[Known] | None = None
        self._top: Known | None = None

    @cached_property
    def experiment(self) -> str:
        """The id of the dataset's experiment."""
        return self.store.experiment(self.about["dataset"], EXPERIMENT)

    @contextmanager
    def alone(self) -> Iterator[Self]:
        """The tree with all its runs read, and nobody else making any meanwhile."""
        with self.store.alone():
            self.load()
            yield self

    def load(self) -> None:
        """Read all of the recipe's runs at once, to look among them."""
        self._runs = self.store.runs(self.experiment, recipe=self.about["recipe"])

    def find(self, key: str) -> list[Known]:
        """The runs with a key, the newest first."""
        if self._runs is None:
            return self.store.runs(self.experiment, key=key)
        return [run for run in self._runs if run.tags.get("key") == key]

    def has(self, key: str) -> bool:
        """Whether a run with a key is there, complete."""
        return any(run.finished for run in self.find(key))

    def top(self) -> Known:
        """The recipe's own run, made when it is absent."""
        if self._top is None:
            found = self.find(self.key)
            self._top = found[0] if found else self._plant()
        return self._top

    def end(self) -> None:
        """All networks of the recipe are there."""
        if not self.top().finished:
            self.store.finish(self.top().id)
            self._top = replace(self.top(), status="FINISHED")

    def owns(self, run: Known) -> bool:
        """Whether a run is directly under the recipe's."""
        return run.tags.get(PARENT) == self.top().id

    def network(self, member: Member, weights: str) -> Known | None:
        """The finished run that trained these weights."""
        name = named("network", *member)
        for run in self._runs or ():
            if (
                run.finished
                and run.name == name
                and run.tags.get("weights") == weights
                and run.tags.get("kind") == "network"
                and self.owns(run)
            ):
                return run
        return None

    def make(
        self,
        kind: str,
        key: str,
        name: str,
        parent: Known,
        *,
        points: Sequence[Point],
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        start: int,
        inside: Callable[[Known], None] = lambda run: None,
    ) -> int:
        """Make a run in one go, or finish one that a kill left half-made.

        Returns:
            1, or 0 if it was there.
        """
        if self.has(key):
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
        parent: Known | None,
        tags: Mapping[str, str],
        start: int | None = None,
    ) -> Known:
        """A new run with the tags that all have."""
        about, inputs = self.about, self.about.get("inputs", {})
        common = {
            "kind": kind,
            "key": key,
            "recipe": about["recipe"],
            "dataset": about["dataset"],
            "view": about.get("view", ""),
            "protocol": about.get("protocol", ""),
            "label": about.get("label") or self.outputs.label(),
            "network": about["network"].get("name", ""),
            "view_sha256": inputs.get("view", ""),
            "split_sha256": inputs.get("split", ""),
            "current": "true",
            "recorded_by": self.by,
            **_origin(self.outputs.root.absolute()),
            **tags,
        }
        stage = {"summary": "evaluate", "head": "heads", "trial": "heads"}.get(kind, "train")
        common["mlflow.source.name"] = f"{stage}@{about['recipe']}"
        common["mlflow.source.type"] = "LOCAL"
        if parent is not None:
            common[PARENT] = parent.id
        filled = {tag: value for tag, value in common.items() if value}
        return self.store.start(self.experiment, name, filled, start)

    def point(self, kind: str, current: Callable[[Known], bool]) -> int:
        """Say which runs of a kind stand for what is on disk; returns how many changed."""
        changed = 0
        for run in self._runs or ():
            if not run.finished or run.tags.get("kind") != kind:
                continue
            word = str(current(run)).lower()
            if run.tags.get("current") != word:
                self.store.log(run.id, tags={"current": word})
                changed += 1
        return changed

    def _plant(self) -> Known:
        about = self.about
        title = about.get("title") or about["recipe"]
        label = about.get("label") or self.outputs.label()
        note = "\n\n".join(filter(None, (f"**{title}**", label)))
        run = self.start("recipe", self.key, about["recipe"], None, {NOTE: note})
        top = ("dataset", "view", "protocol", "emotions", "seeds")
        settings = {name: about[name] for name in top if name in about}
        for name in ("network", "training", "embeddings"):
            settings[name] = about.get(name, {})
        self.store.log(run.id, params=flat(settings))
        return run


def named(what: str, fold: int, seed: int, part: int | None) -> str:
    """What the run of a network or a head is called.

    Example:
        >>> named("network", 0, 1, None), named("network", 0, 1, 2)
        ('network fold-0 seed-1', 'network fold-0 seed-1 part-2')
    """
    return f"{what} fold-{fold} seed-{seed}{'' if part is None else f' part-{part}'}"


@cache
def _origin(root: Path) -> dict[str, str]:
    """The code that runs are recorded by, and who runs it.

    What DVC itself rewrites while it cooks does not make the code another one.
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
