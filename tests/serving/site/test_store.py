"""The folder and the database of a page."""

from __future__ import annotations

import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from pipeline.core.errors import SiteError
from pipeline.serving.service import Model
from pipeline.serving.site.accounts import Accounts
from pipeline.serving.site.clips import Clips
from pipeline.serving.site.store import SECRET, Store
from pipeline.serving.site.tables import Table
from tests.serving.site.conftest import PASSWORD, wav

POSTGRES = shutil.which("postgres") or next(
    (str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None
)


@pytest.fixture
def model(exports: Path) -> Model:
    return Model(exports / "first", None, 60)


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    (tmp_path / "voice.wav").write_bytes(wav())
    return tmp_path / "voice.wav"


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    """The address of a temporary PostgreSQL."""
    if POSTGRES is None:
        pytest.skip("PostgreSQL is not installed here")
    tools = Path(POSTGRES).resolve().parent
    if not (tools / "initdb").is_file():
        tools = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    data = tmp_path / "postgres"
    data.mkdir()
    # PostgreSQL does not run as root.
    root = subprocess.run(["id", "-u"], capture_output=True, text=True, check=True).stdout == "0\n"
    other = ["setpriv", "--reuid=nobody", "--clear-groups"] if root else []
    if root:
        shutil.chown(data, "nobody")
        for folder in (tmp_path, *tmp_path.parents[:3]):
            folder.chmod(folder.stat().st_mode | 0o011)
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([*other, str(tools / "initdb"), "-D", str(data), "-A", "trust", "-U", "ser"],
                   check=True, **quiet)  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*other, str(tools / "postgres"), "-D", str(data), "-k", "", "-h", "127.0.0.1",
         "-p", str(port)], **quiet,
    )  # fmt: skip
    address = f"postgresql+psycopg://ser@127.0.0.1:{port}/postgres"
    until = time.monotonic() + 60
    while True:
        try:
            Store(tmp_path / "probe", address).close()
            break
        except SiteError:
            assert time.monotonic() < until
            time.sleep(0.2)
    yield address
    server.terminate()
    server.wait()


def differences(store: Store) -> list[object]:
    with store.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


def test_the_migrations_make_the_tables(store: Store) -> None:
    assert differences(store) == []


@pytest.mark.slow
def test_postgresql_stores_what_sqlite_stores(
    postgres: str, tmp_path: Path, model: Model, voice: Path
) -> None:
    store = Store(tmp_path / "served", postgres)
    store.serve()
    assert differences(store) == []
    accounts, clips = Accounts(store), Clips(store, 10)
    ada = accounts.create("ada", PASSWORD)
    token = accounts.sign_in(ada)
    clip = clips.add(ada, voice, "voice.wav", "upload", model)
    store.set("champion", "first")
    store.close()
    store = Store(tmp_path / "served", postgres)
    store.serve()
    accounts, clips = Accounts(store), Clips(store, 10)
    who = accounts.signed_in(token)
    assert who is not None and who.name == "ada"
    assert clips.get(who, clip.id).answer == clip.answer  # type: ignore[union-attr]
    assert store.setting("champion") == "first"
    accounts.remove(who)
    assert clips.count() == {"clips": 0, "people": 0, "bytes": 0}
    assert list(store.clips.iterdir()) == []
    store.close()


def test_a_store_serves_one_service(store: Store) -> None:
    second = Store(store.folder)
    with pytest.raises(SiteError, match="another ser app uses it; stop that one"):
        second.serve()


def test_a_database_belongs_to_one_folder_of_recordings(
    tmp_path: Path, model: Model, voice: Path
) -> None:
    address = f"sqlite:///{tmp_path / 'people.db'}"
    right = Store(tmp_path / "right", address)
    right.serve()
    ada = Accounts(right).create("ada", PASSWORD)
    clip = Clips(right, 10).add(ada, voice, "voice.wav", "upload", model)
    with pytest.raises(SiteError, match="the database belongs to another folder of recordings"):
        Store(tmp_path / "wrong", address).serve()
    right.close()
    right.serve()
    assert Clips(right, 10).get(ada, clip.id) is not None
    right.close()


def test_the_folder_is_readable_by_its_owner_alone(store: Store) -> None:
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_the_recording_of_a_deleted_account_is_not_stored(
    store: Store, model: Model, voice: Path
) -> None:
    ada = Accounts(store).create("ada", PASSWORD)
    Accounts(store).remove(ada)
    with pytest.raises(SiteError, match="the account is gone, and the recording with it"):
        Clips(store, 10).add(ada, voice, "voice.wav", "upload", model)
    assert list(store.clips.iterdir()) == []


def test_a_folder_without_a_row_is_deleted_in_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (store.clips / "lost").mkdir()
    store.sweep()
    assert (store.clips / "lost").is_dir()
    later = time.time() + 4000
    monkeypatch.setattr(time, "time", lambda: later)
    store.sweep()
    assert list(store.clips.iterdir()) == []


def test_a_damaged_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served/people.db").write_bytes(b"no database" * 1000)
    with pytest.raises(SiteError, match="file is not a database"):
        Store(tmp_path / "served")


def test_a_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = Store(tmp_path / "served").secret
    path = tmp_path / "served/secret"
    assert len(first) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Store(tmp_path / "served").secret == first


def test_a_secret_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET, "s" * 40)
    assert Store(tmp_path / "served").secret == b"s" * 40
    assert not (tmp_path / "served/secret").exists()
    monkeypatch.setenv(SECRET, "short")
    with pytest.raises(SiteError, match="SER_SECRET: 5 characters are too few; make it with"):
        Store(tmp_path / "served")


def test_recordings_are_deleted_after_their_time(
    store: Store, model: Model, voice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Accounts(store).create("ada", PASSWORD)
    clips = Clips(store, 10)
    clip = clips.add(ada, voice, "voice.wav", "upload", model)
    store.sweep()
    assert clips.get(ada, clip.id) is not None
    later = time.time() + 86_400 * store.keep_days + 1
    monkeypatch.setattr(time, "time", lambda: later)
    store.sweep()
    assert clips.get(ada, clip.id) is None
    assert list(store.clips.iterdir()) == []


def test_what_a_kill_left_is_deleted_at_the_next_start(
    store: Store, model: Model, voice: Path
) -> None:
    ada = Accounts(store).create("ada", PASSWORD)
    clips = Clips(store, 10)
    whole, lost = (clips.add(ada, voice, name, "upload", model) for name in ("whole", "lost"))
    shutil.rmtree(store.clips / lost.id)
    (store.clips / ".half.partial").mkdir()
    (store.clips / "without-a-row").mkdir()
    (store.scratch / "ser-upload-x").mkdir()
    store.close()
    store.serve()
    assert [path.name for path in store.clips.iterdir()] == [whole.id]
    assert [clip.id for clip in clips.of(ada)] == [whole.id]
    assert list(store.scratch.iterdir()) == []


def test_a_recording_that_cannot_be_drawn_leaves_nothing(
    store: Store, model: Model, voice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Accounts(store).create("ada", PASSWORD)

    def broken(*_: object) -> bytes:
        raise OSError("no space left on device")

    monkeypatch.setattr("pipeline.serving.site.drawings.picture", broken)
    with pytest.raises(OSError, match="no space"):
        Clips(store, 10).add(ada, voice, "voice.wav", "upload", model)
    assert list(store.clips.iterdir()) == []
    assert Clips(store, 10).of(ada) == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("no address", "database: Could not parse .*; write it as postgresql"),
        ("oracle9://x", "database: Can't load plugin"),
        ("sqlite:////nowhere/at/all.db", "unable to open database file"),
        ("postgresql+psycopg://me:hidden@127.0.0.1:1/x", r"me:\*\*\*@127.0.0.1:1/x: .*refused"),
    ],
)
def test_a_wrong_database_address_is_one_line(tmp_path: Path, address: str, words: str) -> None:
    with pytest.raises(SiteError, match=words) as caught:
        Store(tmp_path / "served", address)
    assert "\n" not in str(caught.value) and "hidden" not in str(caught.value)
