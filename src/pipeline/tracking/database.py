"""Where the MLflow store is, and the tables of one that is a file."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import itertools
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.core.errors import TrackingError
from pipeline.core.storage import atomic_write

VARIABLE: Final = "MLFLOW_TRACKING_URI"
SQLITE: Final = "sqlite:///"


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


def make_tables(place: Address) -> None:
    """Make the tables of a store that is a file, or upgrade them; cheap when they are there.

    Raises:
        TrackingError: the file cannot be read or written.
    """
    if place.database is None or _has_tables(place.database):
        return
    with locked(place.lock):
        # Another process may have done it while this one waited.
        if not _has_tables(place.database):
            _migrate(place.database)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file.

    Raises:
        TrackingError: it cannot be written.
    """
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


def failure(error: Exception) -> str:
    """An error of MLflow or of the database as one line with the cure."""
    uri = os.environ.get(VARIABLE)
    where = f"{uri} ({VARIABLE})" if uri else address().uri
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    cure = (
        f"check that it runs, or unset {VARIABLE} to use the repository's own store"
        if uri
        else "if the file is damaged, move it away and rebuild it with: ser track sync"
    )
    return f"MLflow at {where} failed: {reason}; {cure}"


def _version_number() -> int:
    """The installed MLflow as a number, stored in the database as ``user_version``."""
    parts = [*importlib.metadata.version("mlflow").split("."), "0", "0"][:3]
    digits = [int("".join(filter(str.isdigit, part)) or 0) for part in parts]
    return digits[0] * 1_000_000 + digits[1] * 1_000 + digits[2]


def _has_tables(database: Path) -> bool:
    if not database.is_file():
        return False
    try:
        with closing(sqlite3.connect(database, timeout=20)) as link:
            return bool(link.execute("PRAGMA user_version").fetchone()[0] == _version_number())
    except sqlite3.Error as error:
        raise TrackingError(failure(error)) from None


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
        raise TrackingError(failure(RuntimeError(*last)))
    try:
        with closing(sqlite3.connect(target, timeout=20)) as link:
            # Readers and a writer then do not wait for each other; the mode stays in the
            # file. It cannot be changed while another process has the file open.
            with suppress(sqlite3.OperationalError):
                link.execute("PRAGMA journal_mode=WAL")
            link.execute(f"PRAGMA user_version={_version_number()}")
            link.commit()
    except sqlite3.Error as error:
        raise TrackingError(failure(error)) from None
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
        raise TrackingError(failure(error)) from None
