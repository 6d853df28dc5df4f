"""The MLflow store, written to by several processes."""

from __future__ import annotations

import itertools
import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pipeline.core.errors import TrackingError
from pipeline.tracking.database import Address, address, failure, locked, make_tables

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

T = TypeVar("T")

PARENT: Final = "mlflow.parentRunId"
NOTE: Final = "mlflow.note.content"

TRIES: Final = 6
"""Attempts at a busy store; SQLite itself waits 20 s each time."""

PAGE: Final = 1000
BATCH: Final = 100
"""Runs in one result; parameters in one call (both are MLflow's limits)."""

Figures = Mapping[str, float]
Point = tuple[int, Figures]
"""A step and its metrics."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run in the store."""

    id: str
    name: str
    status: str
    start: int
    tags: dict[str, str]

    @property
    def finished(self) -> bool:
        """Whether it is complete."""
        return self.status == "FINISHED"


@dataclass(frozen=True, slots=True)
class StoredExperiment:
    """An experiment in the store."""

    id: str
    name: str
    tags: dict[str, str]


def prepare() -> None:
    """Make the store ready for several processes; cheap when it is.

    Raises:
        TrackingError: it cannot be reached, or its tables cannot be made.
    """
    place = address()
    if place.database is None:
        connect()
    else:
        make_tables(place)


def connect() -> Store:
    """The store, prepared.

    Raises:
        TrackingError: it cannot be reached.
    """
    place = address()
    make_tables(place)
    return _open(place)


class Store:
    """What is read and written, in as few calls as MLflow allows."""

    def __init__(self, client: MlflowClient, place: Address) -> None:
        self._client = client
        self._place = place

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes of this machine from making the same runs meanwhile."""
        with locked(self._place.lock):
            yield

    def experiment(self, name: str, tags: Mapping[str, str]) -> str:
        """The id of an experiment, made when it is absent; call it ``locked``."""
        found = _call(self._client.get_experiment_by_name, name)
        if found is None:
            folder = self._place.artifacts
            where = (folder / name).as_uri() if folder else None
            return str(_call(self._client.create_experiment, name, where, dict(tags)))
        if found.lifecycle_stage == "deleted":
            raise TrackingError(
                f"experiment {name!r} was deleted in {self._place.uri}; take it back with: "
                f"mlflow experiments restore --experiment-id {found.experiment_id}"
            )
        return str(found.experiment_id)

    def experiments(self) -> list[StoredExperiment]:
        """All experiments that are not deleted, by name."""
        found: list[StoredExperiment] = []
        token: str | None = None
        while True:
            page = _call(self._client.search_experiments, max_results=PAGE, page_token=token)
            found += [
                StoredExperiment(str(item.experiment_id), item.name, dict(item.tags))
                for item in page
            ]
            token = page.token
            if not token:
                return sorted(found, key=lambda item: item.name)

    def label_experiment(self, experiment: str, tags: Mapping[str, str]) -> None:
        """Set tags of an experiment."""
        for name, value in tags.items():
            _call(self._client.set_experiment_tag, experiment, name, value)

    def rename(self, run: str, name: str) -> None:
        """Give a run another name."""
        _call(self._client.update_run, run, name=name)

    def unlabel(self, run: str, tag: str) -> None:
        """Delete a tag of a run."""
        _call(self._client.delete_tag, run, tag)

    def runs(self, experiment: str, **tags: str) -> list[StoredRun]:
        """All runs with these tags, the newest first."""
        words = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        found: list[StoredRun] = []
        token: str | None = None
        while True:
            page = _call(
                self._client.search_runs, [experiment], words, max_results=PAGE, page_token=token
            )
            found += [
                StoredRun(
                    run.info.run_id,
                    str(run.info.run_name),
                    run.info.status,
                    run.info.start_time,
                    dict(run.data.tags),
                )
                for run in page
            ]
            token = page.token
            if not token:
                return sorted(found, key=lambda run: -run.start)

    def start(
        self, experiment: str, name: str, tags: Mapping[str, str], start: int | None = None
    ) -> StoredRun:
        """A new run."""
        start = start or now()
        made = _call(self._client.create_run, experiment, start, dict(tags), name)
        return StoredRun(made.info.run_id, name, made.info.status, start, dict(tags))

    def log(
        self,
        run: str,
        points: Sequence[Point] = (),
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Add to a run."""
        from mlflow.entities import Metric, Param, RunTag

        moment = now()
        metrics = [
            Metric(name, float(value), moment, step)
            for step, figures in points
            for name, value in figures.items()
        ]
        settings = [Param(name, str(value)) for name, value in (params or {}).items()]
        labels = [RunTag(name, value) for name, value in (tags or {}).items()]
        batches: Iterable[Any] = itertools.zip_longest(
            _batches(metrics, PAGE // 2),
            _batches(settings, BATCH),
            _batches(labels, BATCH),
            fillvalue=[],
        )
        for batch in batches:
            _call(self._client.log_batch, run, *batch, synchronous=True)

    def finish(self, run: str, status: str = "FINISHED", end: int | None = None) -> None:
        """End a run."""
        _call(self._client.set_terminated, run, status, end)

    def history(self, run: str, metric: str) -> dict[int, float]:
        """All values of a metric by step."""
        found = _call(self._client.get_metric_history, run, metric)
        return {item.step: item.value for item in found}

    def attach(self, run: str, path: Path, folder: str | None = None) -> None:
        """Copy a file to a run."""
        _call(self._client.log_artifact, run, str(path), folder)

    def write(self, run: str, name: str, data: Any) -> None:
        """Write data to a run as a JSON file."""
        text = json.dumps(data, indent=2, ensure_ascii=False)
        _call(self._client.log_text, run, text, name)

    def input(
        self, run: str, name: str, digest: str, source: str, facts: Mapping[str, Any]
    ) -> None:
        """Log the data that a run has used.

        Args:
            run: its id.
            name: of the data.
            digest: hash of its content.
            source: its path.
            facts: numbers about it; ``columns`` lists its columns.
        """
        from mlflow.entities import Dataset, DatasetInput

        rest = {key: value for key, value in facts.items() if key != "columns"}
        columns = [
            {"name": column, "type": "string", "required": True}
            for column in facts.get("columns", [])
        ]
        data = Dataset(
            name=name,
            digest=digest[:36],  # MLflow's limit
            source_type="local",
            source=json.dumps({"uri": source}),
            schema=json.dumps({"mlflow_colspec": columns}),
            profile=json.dumps(rest),
        )
        _call(self._client.log_inputs, run, [DatasetInput(data, [])])

    def registered(self, name: str, alias: str) -> dict[str, str]:
        """The tags of a registered model's version with an alias; empty if there is none."""
        for model in _call(self._client.search_registered_models, f"name = '{name}'"):
            if alias in model.aliases:
                version = _call(self._client.get_model_version, name, model.aliases[alias])
                return dict(version.tags)
        return {}

    def register(
        self, run: str, name: str, alias: str, model: Path, tags: Mapping[str, str], note: str
    ) -> None:
        """Copy a saved model to a run, and make it a registered model's version.

        A version with the same ``key`` is there already where the alias has been moved
        away from it; then the alias goes back.
        """
        if not _call(self._client.search_registered_models, f"name = '{name}'"):
            _call(self._client.create_registered_model, name)
        for version in _call(self._client.search_model_versions, f"name = '{name}'"):
            if version.tags.get("key") == tags["key"]:
                break
        else:
            _call(self._client.log_artifacts, run, str(model), "model")
            version = _call(
                self._client.create_model_version, name, f"runs:/{run}/model", run, dict(tags),
                description=note,
            )  # fmt: skip
        _call(self._client.set_registered_model_alias, name, alias, version.version)


def now() -> int:
    """Milliseconds, as MLflow counts them."""
    return int(time.time() * 1000)


@cache
def _open(place: Address) -> Store:
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    from mlflow.tracking import MlflowClient

    # It prints a traceback for each error that it raises.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    with locked(place.lock), _short_timeouts():
        client = _call(MlflowClient, place.uri)
        _call(client.search_experiments, max_results=1)
    return Store(client, place)


def _call(call: Callable[..., T], *args: Any, **options: Any) -> T:
    """Call MLflow: wait while the store is busy, and turn its errors into one line."""
    import sqlalchemy
    from mlflow.exceptions import MlflowException
    from requests import RequestException

    for left in reversed(range(TRIES)):
        try:
            return call(*args, **options)
        except (MlflowException, sqlalchemy.exc.SQLAlchemyError, RequestException) as error:
            if left and "database is locked" in str(error):
                time.sleep(0.5)
                continue
            raise TrackingError(failure(error)) from None
        except PermissionError as error:
            raise TrackingError(failure(error)) from None
    raise AssertionError("unreachable")


def _batches(items: list[T], size: int) -> list[list[T]]:
    """A list in parts of a size."""
    return [items[start : start + size] for start in range(0, len(items), size)]


@contextmanager
def _short_timeouts() -> Iterator[None]:
    """Fail within seconds where a server is not there; later calls have MLflow's own timeouts."""
    short = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
    before = {name: os.environ.get(name) for name in short}
    os.environ.update({name: before[name] or value for name, value in short.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
