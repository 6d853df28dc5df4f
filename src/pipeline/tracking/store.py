"""The MLflow store: prepared once, written to by several processes."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import itertools
import json
import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pipeline.core.errors import TrackingError
from pipeline.core.storage import atomic_write

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

T = TypeVar("T")

VARIABLE: Final = "MLFLOW_TRACKING_URI"
SQLITE: Final = "sqlite:///"
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
class Address:
    """Where the store is.

    Attributes:
        uri: as MLflow takes it.
        database: the file, where it is one.
        artifacts: folder beside the file; a server has its own.
        lock: file that keeps processes of one machine from preparing, or from looking
            for a run and making it, at the same time.
    """

    uri: str
    database: Path | None
    artifacts: Path | None
    lock: Path


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


def address() -> Address:
    """The store that ``MLFLOW_TRACKING_URI`` names, or the repository's own.

    Raises:
        TrackingError: there is neither.
    """
    uri = os.environ.get(VARIABLE) or f"{SQLITE}{home() / 'mlflow.db'}"
    if uri.startswith(SQLITE):
        database = Path(uri.removeprefix(SQLITE).partition("?")[0]).absolute()
        artifacts = database.parent / "mlartifacts"
        return Address(uri, database, artifacts, database.with_name(f"{database.name}.lock"))
    name = hashlib.sha256(uri.encode()).hexdigest()[:16]
    lock = Path(tempfile.gettempdir()) / f"ser-mlflow-{os.getuid()}-{name}.lock"
    return Address(uri, None, None, lock)


def home() -> Path:
    """The repository's root; of the real one where ``dvc exp run --temp`` works elsewhere."""
    given = os.environ.get("DVC_ROOT")
    if given:
        return Path(given).absolute()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file():
            return folder
    raise TrackingError(
        f"{here}: no dvc.yaml here or above; run inside the repository, or set {VARIABLE}"
    )


def prepare() -> None:
    """Make the store ready for several processes; cheap when it is.

    Raises:
        TrackingError: it cannot be reached, or its tables cannot be made.
    """
    place = address()
    if place.database is None:
        connect()
    elif not _is_prepared(place.database):
        with _locked(place.lock):
            # Another process may have done it while this one waited.
            if not _is_prepared(place.database):
                _migrate(place.database)


def connect() -> Store:
    """The store, prepared.

    Raises:
        TrackingError: it cannot be reached.
    """
    place = address()
    if place.database is not None:
        prepare()
    return _open(place)


class Store:
    """What is read and written, in as few calls as MLflow allows."""

    def __init__(self, client: MlflowClient, place: Address) -> None:
        self._client = client
        self._place = place

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes of this machine from making the same runs meanwhile."""
        with _locked(self._place.lock):
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
    with _locked(place.lock), _short_timeouts():
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
            raise TrackingError(_message(error)) from None
        except PermissionError as error:
            raise TrackingError(_message(error)) from None
    raise AssertionError("unreachable")


def _message(error: Exception) -> str:
    uri = os.environ.get(VARIABLE)
    where = f"{uri} ({VARIABLE})" if uri else address().uri
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    cure = (
        f"check that it runs, or unset {VARIABLE} to use the repository's own store"
        if uri
        else "if the file is damaged, move it away and rebuild it with: ser track sync"
    )
    return f"MLflow at {where} failed: {reason}; {cure}"


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


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise TrackingError(
            f"{path}: {error.strerror}; MLflow's store cannot be written there, set {VARIABLE}"
        ) from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _version_number() -> int:
    """The installed MLflow as a number, stored in the database as ``user_version``."""
    parts = [*importlib.metadata.version("mlflow").split("."), "0", "0"][:3]
    digits = [int("".join(filter(str.isdigit, part)) or 0) for part in parts]
    return digits[0] * 1_000_000 + digits[1] * 1_000 + digits[2]


def _is_prepared(database: Path) -> bool:
    if not database.is_file():
        return False
    try:
        with closing(sqlite3.connect(database, timeout=20)) as link:
            return bool(link.execute("PRAGMA user_version").fetchone()[0] == _version_number())
    except sqlite3.Error as error:
        raise TrackingError(_message(error)) from None


def _migrate(database: Path) -> None:
    """Make or upgrade the tables; a kill leaves no half-made store."""
    print(f"preparing {database} for MLflow (once, about 10 s)", file=sys.stderr, flush=True)
    empty = not database.is_file() or database.stat().st_size == 0
    target = database.with_name(f"{database.name}.partial") if empty else database
    if empty:
        # Leftovers of a deleted store would be taken for the new one's.
        for name, end in itertools.product((target, database), ("", "-wal", "-shm", "-journal")):
            name.with_name(name.name + end).unlink(missing_ok=True)
    else:
        _back_up(database)
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"{SQLITE}{target}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise TrackingError(_message(RuntimeError(*last)))
    try:
        with closing(sqlite3.connect(target, timeout=20)) as link:
            # Readers and a writer then do not wait for each other; the mode stays in the
            # file. It cannot be changed while another process has the file open.
            with suppress(sqlite3.OperationalError):
                link.execute("PRAGMA journal_mode=WAL")
            link.execute(f"PRAGMA user_version={_version_number()}")
            link.commit()
    except sqlite3.Error as error:
        raise TrackingError(_message(error)) from None
    if target != database:
        target.replace(database)


def _back_up(database: Path) -> None:
    """Copy the store as an older MLflow left it."""
    backup = database.with_name(f"{database.name}.before-{_version_number()}")
    if backup.is_file():
        return
    try:
        with (
            atomic_write(backup) as partial,
            closing(sqlite3.connect(database, timeout=20)) as link,
            closing(sqlite3.connect(partial)) as copy,
        ):
            link.backup(copy)
    except sqlite3.Error as error:
        raise TrackingError(_message(error)) from None
