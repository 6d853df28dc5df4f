"""The folder and the database of a page: one service at a time, nothing half-written.

A recording's folder is written under a name that begins with a dot and renamed when complete;
its row follows. What a kill leaves incomplete is deleted at the next start: a folder without a
row, a row without a folder, an upload without its request.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, delete, event, select
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from pipeline.core.errors import SiteError
from pipeline.core.storage import atomic_write
from pipeline.serving.site.tables import Clip, Setting, Visit

SECRET: Final = "SER_SECRET"
"""Environment variable with the key that signs forms; without it, one is made in the folder."""
SHORTEST_SECRET: Final = 32
STORE: Final = "store"
"""Setting with the id of the folder that the database belongs to."""
PENDING: Final = 3600.0
"""Seconds that a folder may wait for its row."""
WAIT: Final = 15.0
"""Seconds that a write to SQLite waits for another."""


class Store:
    """The stored accounts, recordings and settings of a page.

    Attributes:
        folder: of recordings.
        engine: of the database.
        secret: signs forms.
        keep_days: after which recordings are deleted by themselves.
    """

    def __init__(self, folder: Path, database: str | None = None, keep_days: float = 30) -> None:
        """Open a store, and make it where there is none.

        Args:
            folder: of recordings, and of the database if it has no address of its own.
            database: its address, as SQLAlchemy writes them.
            keep_days: after which recordings are deleted by themselves.

        Raises:
            SiteError: it cannot be opened.
        """
        self.folder = folder
        self.keep_days = keep_days
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.clips.mkdir(mode=0o700, exist_ok=True)
        self.secret = self._secret()
        self.engine = connect(database or f"sqlite:///{folder.absolute() / 'people.db'}")
        self._session = sessionmaker(self.engine, expire_on_commit=False)
        self._lock: int | None = None

    def serve(self) -> None:
        """Lock the store for this service, and delete what a killed one left incomplete.

        Raises:
            SiteError: another service uses it, or the database is another store's.
        """
        self._lock = self._locked()
        self.folder.chmod(0o700)
        self._check_folder()
        self._repair()
        self.sweep()

    @property
    def clips(self) -> Path:
        """Folder of recordings, each in a folder of its own."""
        return self.folder / "clips"

    @property
    def scratch(self) -> Path:
        """Folder of uploads while they are predicted; emptied at every start."""
        return self.folder / "uploads"

    def close(self) -> None:
        """Release the store for another service."""
        self.engine.dispose()
        if self._lock is not None:
            os.close(self._lock)

    @contextmanager
    def open(self) -> Iterator[Session]:
        """A transaction: committed if the block ends without an error."""
        with self._session.begin() as session:
            yield session

    def sweep(self) -> None:
        """Delete expired recordings, and folders without a row."""
        now = int(time.time())
        old = [
            path.name
            for path in self.clips.iterdir()
            if now - path.stat(follow_symlinks=False).st_mtime > PENDING
        ]
        with self.open() as session:
            session.execute(delete(Visit).where(Visit.expires <= now))
            gone = list(session.scalars(select(Clip.id).where(Clip.expires <= now)))
            session.execute(delete(Clip).where(Clip.id.in_(gone)))
            known = set(session.scalars(select(Clip.id)))
        self.discard({*gone, *old} - known)

    def discard(self, clips: Iterable[str]) -> None:
        """Delete the folders of recordings whose rows are gone."""
        for name in clips:
            shutil.rmtree(self.clips / name, ignore_errors=True)

    def setting(self, key: str) -> str | None:
        """A setting, if there is one."""
        with self.open() as session:
            found = session.get(Setting, key)
            return found.value if found else None

    def set(self, key: str, value: str) -> None:
        """Store a setting."""
        with self.open() as session:
            session.merge(Setting(key=key, value=value))

    def _repair(self) -> None:
        """Delete folders without rows and rows without folders."""
        there = {path.name for path in self.clips.iterdir()}
        with self.open() as session:
            known = set(session.scalars(select(Clip.id)))
            session.execute(delete(Clip).where(Clip.id.in_(known - there)))
        self.discard(there - known)
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()

    def _check_folder(self) -> None:
        """Check that the database belongs to this folder."""
        own, known = self._random_word("id").decode(), self.setting(STORE)
        if known is None:
            self.set(STORE, own)
        elif known != own:
            raise SiteError(
                f"{self.folder}: the database belongs to another folder of recordings; name that "
                "folder with --store, or give this one a database of its own"
            )

    def _locked(self) -> int:
        lock = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise SiteError(
                f"{self.folder}: another ser app uses it; stop that one, or give --store a folder "
                "of its own"
            ) from None
        return lock

    def _secret(self) -> bytes:
        given = os.environ.get(SECRET)
        if given is not None:
            if len(given) < SHORTEST_SECRET:
                raise SiteError(
                    f"{SECRET}: {len(given)} characters are too few; make it with: "
                    "python -c 'import secrets; print(secrets.token_urlsafe())'"
                )
            return given.encode()
        return self._random_word("secret")

    def _random_word(self, name: str) -> bytes:
        """A random word in a file, made once."""
        path = self.folder / name
        if not path.is_file():
            with atomic_write(path) as partial:
                partial.touch(mode=0o600)
                partial.write_text(secrets.token_urlsafe(), encoding="ascii")
        return path.read_bytes()


def connect(address: str) -> Engine:
    """The database at an address, its tables brought up to date.

    Raises:
        SiteError: there is none, or it cannot be reached.
    """
    try:
        url = make_url(address)
        lite = url.get_backend_name() == "sqlite"
        more: dict[str, Any] = {"connect_args": {"timeout": WAIT}} if lite else {}
        engine = create_engine(url, pool_pre_ping=True, **more)
    except (ArgumentError, NoSuchModuleError) as error:
        reason = str(error).splitlines()[0]
        raise SiteError(
            f"database: {reason}; write it as postgresql+psycopg://user:password@host/name"
        ) from None
    except ModuleNotFoundError as error:
        raise SiteError(
            f"database: {error.name} is not installed; for PostgreSQL: "
            "pip install 'ser-workbench[postgres]'"
        ) from None
    if lite:
        event.listen(engine, "connect", _set_pragmas)
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (DBAPIError, CommandError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        shown = url.render_as_string(hide_password=True)
        raise SiteError(f"database {shown}: {reason}") from None
    return engine


def _set_pragmas(connection: Any, record: Any) -> None:
    """SQLite survives a kill, and deletes a person's rows with the person."""
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")
