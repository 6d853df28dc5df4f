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
from pipeline.corpora import description
from pipeline.corpora.description import Archive, Description, SingleFiles, Sources
from pipeline.corpora.fetch.download import Fetcher
from pipeline.corpora.fetch.source import Servers


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    def log_message(self, format: str, *args: object) -> None:
        """Write no line."""


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


def servers(tmp_path: Path, mirror: str | None = None) -> Servers:
    fetcher = Fetcher(retries=1, timeout=5.0, backoff=0.01, progress=False)
    return Servers(incoming=tmp_path / "incoming", mirror=mirror, fetcher=fetcher, workers=2)


def described(sources: Sources) -> Description:
    """A corpus that comes from somewhere."""
    return Description(
        title="Two clips",
        homepage="",
        licence="",
        licence_url="",
        non_commercial=False,
        citation="",
        description="",
        sources=sources,
    )


def of_single_files(
    folder: Path, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Description:
    """A corpus of two clips and a table, all on the server."""
    lines = ["file\tsha256\tsize"]
    for name in ("a.wav", "b.wav"):
        (folder / name).write_bytes(name.encode() * 10)
        digest = hashlib.sha256(name.encode() * 10).hexdigest()
        lines.append(f"{name}\t{digest}\t{len(name) * 10}")
    (folder / "actors.csv").write_text("ActorID\n")
    (tmp_path / "two.tsv").write_text("\n".join(lines))
    monkeypatch.setattr(description, "KNOWN", tmp_path)
    actors = Archive(name="actors.csv", urls=(f"{address}/actors.csv",), size=8)
    files = SingleFiles(table="two.tsv", folder="AudioWAV", urls=(f"{address}/{{name}}",))
    return described(Sources(files=files, tables=(actors,)))


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.wav", content)
    return path


def of_archives(address: str, *paths: Path) -> Description:
    """A corpus of archives with their checksums, on the server."""
    return described(
        Sources(
            archives=tuple(
                Archive(
                    name=path.name,
                    urls=(f"{address}/{path.name}",),
                    checksum=f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}",
                )
                for path in paths
            )
        )
    )


def test_one_archive_is_the_corpus(server: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = server
    known = of_archives(address, zipped(folder / "one.zip", a=b"sound"))
    servers(tmp_path).bring("one", known, tmp_path / "out")
    assert (tmp_path / "out/a.wav").read_bytes() == b"sound"


def test_several_archives_get_a_folder_each(server: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = server
    women, men = zipped(folder / "women.zip", a=b"high"), zipped(folder / "men.zip", a=b"low")
    servers(tmp_path).bring("both", of_archives(address, women, men), tmp_path / "out")
    assert (tmp_path / "out/women/a.wav").read_bytes() == b"high"
    assert (tmp_path / "out/men/a.wav").read_bytes() == b"low"


def test_what_is_here_already_needs_no_server(server: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = server
    archive = zipped(folder / "one.zip", a=b"sound")
    known = of_archives(address, archive)
    servers(tmp_path).bring("one", known, tmp_path / "out")
    archive.unlink()
    servers(tmp_path).bring("one", known, tmp_path / "again")
    assert (tmp_path / "again/a.wav").read_bytes() == b"sound"


def test_single_files_arrive_in_the_corpuss_own_layout(
    server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = of_single_files(*server, tmp_path, monkeypatch)
    servers(tmp_path).bring("two", known, tmp_path / "two")
    files = sorted(path.relative_to(tmp_path / "two") for path in (tmp_path / "two").rglob("*.*"))
    assert [path.as_posix() for path in files] == ["AudioWAV/a.wav", "AudioWAV/b.wav", "actors.csv"]


def test_single_files_are_there_all_or_none(
    server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = of_single_files(*server, tmp_path, monkeypatch)
    (server[0] / "b.wav").unlink()
    with pytest.raises(DownloadError, match=r"b\.wav"):
        servers(tmp_path).bring("two", known, tmp_path / "two")
    assert not (tmp_path / "two").exists()
    (server[0] / "b.wav").write_bytes(b"b.wav" * 10)
    servers(tmp_path).bring("two", known, tmp_path / "two")
    assert (tmp_path / "two/AudioWAV/b.wav").is_file()


def test_a_mirror_over_http_gives_the_corpus(server: tuple[Path, str], tmp_path: Path) -> None:
    with zipfile.ZipFile(server[0] / "ravdess.zip", "w") as archive:
        archive.writestr("Actor_01/a.wav", b"sound")
    mirrored = servers(tmp_path, mirror=server[1])
    mirrored.bring("ravdess", description.load("ravdess"), tmp_path / "out")
    assert (tmp_path / "out/Actor_01/a.wav").read_bytes() == b"sound"


def test_a_mirror_without_the_corpus_names_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    empty = servers(tmp_path, mirror=str(tmp_path / "mirror"))
    with pytest.raises(DownloadError, match=r"mirror/tess\.zip"):
        empty.bring("tess", description.load("tess"), tmp_path / "out")


def test_an_archive_put_there_by_hand_is_taken(tmp_path: Path) -> None:
    by_hand = servers(tmp_path)
    known = description.load("savee")
    (tmp_path / "incoming").mkdir()
    with zipfile.ZipFile(tmp_path / "incoming/AudioData.zip", "w") as archive:
        archive.writestr("AudioData/DC/a01.wav", b"sound")
    by_hand.bring("savee", known, tmp_path / "out")
    assert (tmp_path / "out/AudioData/DC/a01.wav").is_file()


def test_an_archive_that_only_a_person_can_get_says_so(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"register at .*put AudioData\.zip into"):
        servers(tmp_path).bring("savee", description.load("savee"), tmp_path / "out")
