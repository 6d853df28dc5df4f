"""Where a corpus comes from: a mirror, single files of a server, or a person's own hands."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.core.errors import DownloadError
from pipeline.corpora import manifest as manifests
from pipeline.corpora.fetch.download import Fetcher
from pipeline.corpora.fetch.source import Sources
from pipeline.corpora.manifest import Address, FileTable, Manifest


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address that serves it."""
    folder = tmp_path / "server"
    folder.mkdir()
    running = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


def sources(tmp_path: Path, mirror: str | None = None) -> Sources:
    fetcher = Fetcher(retries=1, timeout=5.0, backoff=0.01, progress=False)
    return Sources(incoming=tmp_path / "incoming", mirror=mirror, fetcher=fetcher, workers=2)


def of_single_files(folder: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """A manifest of two clips and a table, all on the server."""
    lines = ["file\tsha256\tsize"]
    for name in ("a.wav", "b.wav"):
        (folder / name).write_bytes(name.encode() * 10)
        digest = hashlib.sha256(name.encode() * 10).hexdigest()
        lines.append(f"{name}\t{digest}\t{len(name) * 10}")
    (folder / "actors.csv").write_text("ActorID\n")
    monkeypatch.setattr(manifests, "_resource", lambda name: "\n".join(lines))
    return Manifest(
        title="Two clips",
        homepage="",
        licence="",
        licence_url="",
        non_commercial=False,
        citation="",
        clips=2,
        speakers=1,
        rate=16_000,
        archives=(),
        tables=(Address(name="actors.csv", urls=(f"{address}/actors.csv",), size=8, checksum=""),),
        files=FileTable(table="two.tsv", folder="AudioWAV", urls=(f"{address}/{{name}}",)),
    )


def test_single_files_arrive_in_the_corpuss_own_layout(
    server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = of_single_files(*server, monkeypatch)
    sources(tmp_path).bring("two", known, tmp_path / "two")
    files = sorted(path.relative_to(tmp_path / "two") for path in (tmp_path / "two").rglob("*.*"))
    assert [path.as_posix() for path in files] == ["AudioWAV/a.wav", "AudioWAV/b.wav", "actors.csv"]


def test_single_files_are_there_all_or_none(
    server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = of_single_files(*server, monkeypatch)
    (server[0] / "b.wav").unlink()
    with pytest.raises(DownloadError, match=r"b\.wav"):
        sources(tmp_path).bring("two", known, tmp_path / "two")
    assert not (tmp_path / "two").exists()
    (server[0] / "b.wav").write_bytes(b"b.wav" * 10)
    sources(tmp_path).bring("two", known, tmp_path / "two")
    assert (tmp_path / "two/AudioWAV/b.wav").is_file()


def test_a_mirror_over_http_gives_the_corpus(server: tuple[Path, str], tmp_path: Path) -> None:
    with zipfile.ZipFile(server[0] / "ravdess.zip", "w") as archive:
        archive.writestr("Actor_01/a.wav", b"sound")
    mirrored = sources(tmp_path, mirror=server[1])
    mirrored.bring("ravdess", manifests.load("ravdess"), tmp_path / "out")
    assert (tmp_path / "out/Actor_01/a.wav").read_bytes() == b"sound"


def test_a_mirror_without_the_corpus_names_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    empty = sources(tmp_path, mirror=str(tmp_path / "mirror"))
    with pytest.raises(DownloadError, match=r"mirror/tess\.zip"):
        empty.bring("tess", manifests.load("tess"), tmp_path / "out")
    assert not empty.available("tess", manifests.load("tess"))


def test_an_archive_dropped_by_hand_is_taken(tmp_path: Path) -> None:
    by_hand = sources(tmp_path)
    known = manifests.load("savee")
    assert not by_hand.available("savee", known)
    (tmp_path / "incoming").mkdir()
    with zipfile.ZipFile(tmp_path / "incoming/AudioData.zip", "w") as archive:
        archive.writestr("AudioData/DC/a01.wav", b"sound")
    assert by_hand.available("savee", known)
    by_hand.bring("savee", known, tmp_path / "out")
    assert (tmp_path / "out/AudioData/DC/a01.wav").is_file()


def test_an_archive_that_only_a_person_can_get_says_so(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"register at .*put AudioData\.zip into"):
        sources(tmp_path).bring("savee", manifests.load("savee"), tmp_path / "out")
