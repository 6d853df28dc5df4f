"""The run of one training, logged epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from pipeline.tracking.outputs import flat, network_key
from pipeline.tracking.store import Figures, Point, Store, StoredRun
from pipeline.tracking.tree import Tree, run_name
from pipeline.training.run import Run

DIGITS: Final = 6
"""As in curves.csv, so that epochs logged live and read from the table agree exactly."""


class TrainingRun:
    """The run of one training in the store.

    A training that was killed logs its epochs again, from the first. A run of the same
    training is continued as long as every epoch has the same figures; where one differs,
    because the code has changed since, it is left and a new run begins.

    Example:
        ::

            with training_run(about, fold=0, seed=0, part=None) as run:
                run.epoch(1, {"loss": 2.01, "validation_uar": 0.14})
                run.done({"sha256": "…", "epochs": 1, "validation_uar": 0.14})
    """

    def __init__(self, tree: Tree, run: Run, start: int | None = None) -> None:
        """Find the runs that may be continued, or begin one.

        Args:
            tree: of the recipe.
            run: fold, seed and part.
            start: of a run that begins, in milliseconds; by default now.
        """
        self._tree = tree
        self._run = run
        self._start = start
        self._epochs: dict[int, Figures] = {}
        self._key = network_key(tree.facts, run)
        found = [one for one in tree.find(self._key) if one.status in ("RUNNING", "FINISHED")]
        # Unfinished ones first: they are continued.
        found.sort(key=lambda one: (one.finished, -one.start))
        self._candidates = [_LoggedEpochs(one, tree.store) for one in found]
        if not self._candidates:
            self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave an unfinished run as it is, for the training that continues it."""

    def epoch(self, number: int, figures: Figures) -> None:
        """Log one epoch, unless it is there."""
        self.epochs([(number, figures)])

    def epochs(self, points: Sequence[Point]) -> None:
        """Log several epochs at once."""
        for number, figures in points:
            self._epochs[number] = {
                name: round(float(value), DIGITS) for name, value in figures.items()
            }
        self._log()

    def done(self, network: Mapping[str, Any]) -> None:
        """Log the facts of the trained network, and end the run."""
        current = self._log()
        while current.run.finished:
            if current.run.tags.get("weights") == network["sha256"]:
                return
            self._candidates.remove(current)
            current = self._log()
        facts = {name: network.get(name) for name in ("parameters", "clips")}
        figures = ("validation_uar", "validation_loss", "best_epoch", "epochs")
        self._tree.store.log(
            current.run.id,
            [(0, {name: network[name] for name in figures if network.get(name) is not None})],
            {name: value for name, value in facts.items() if value is not None},
            {"weights": network["sha256"]},
        )
        self._tree.store.finish(current.run.id, end=self._start)

    def _log(self) -> _LoggedEpochs:
        """The run that agrees with all epochs so far, after logging those that it lacks."""
        while self._candidates and not self._candidates[0].agrees(self._epochs):
            other = self._candidates.pop(0)
            if not other.run.finished:
                self._tree.store.finish(other.run.id, "KILLED")
        current = self._candidates[0] if self._candidates else self._begin()
        if not current.run.finished:
            current.add(self._epochs)
        return current

    def _begin(self) -> _LoggedEpochs:
        tree, run = self._tree, self._run
        place = {"fold": run.fold, "seed": run.seed}
        if run.number is not None:
            place["part"] = run.number
        name = run_name("network", run)
        stored = tree.start("network", self._key, name, tree.parent(), {}, self._start)
        settings = {name: tree.facts[name] for name in ("network", "training", "environment")}
        tree.store.log(stored.id, params={**place, **flat(settings)})
        self._candidates.append(_LoggedEpochs(stored, tree.store, {}))
        return self._candidates[0]


class _LoggedEpochs:
    """The epochs of a run in the store."""

    def __init__(
        self, run: StoredRun, store: Store, epochs: dict[int, dict[str, float]] | None = None
    ) -> None:
        self.run = run
        self._store = store
        self._epochs = epochs

    def agrees(self, epochs: Mapping[int, Figures]) -> bool:
        """Whether the run has the same figures for every epoch, as far as it has come."""
        logged = self._read(next(iter(epochs.values()), {}))
        return all(
            logged[number] == figures if number in logged else not self.run.finished
            for number, figures in epochs.items()
        )

    def add(self, epochs: Mapping[int, Figures]) -> None:
        """Log the epochs that the run lacks."""
        logged = self._read(next(iter(epochs.values()), {}))
        fresh = {number: dict(epochs[number]) for number in epochs.keys() - logged.keys()}
        points = [
            (number, {f"epoch/{name}": value for name, value in fresh[number].items()})
            for number in sorted(fresh)
        ]
        self._store.log(self.run.id, points)
        logged |= fresh

    def _read(self, names: Figures) -> dict[int, dict[str, float]]:
        if self._epochs is None:
            self._epochs = {}
            for name in names:
                for number, value in self._store.history(self.run.id, f"epoch/{name}").items():
                    self._epochs.setdefault(number, {})[name] = value
        return self._epochs
