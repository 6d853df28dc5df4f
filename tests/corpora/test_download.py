"""Downloads against a real server that breaks in every way it can."""

from __future__ import annotations

import hashlib
import random
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.core.errors import DownloadError
from pipeline.corpora.fetch.download import Fetcher, RemoteFile, checksum, verify
from tests.corpora.faulty_server import Fault, FaultyServer, running

BODY = random.Random(1).randbytes(300_000)
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
PATIENT = Fetcher(retries=3, timeout=5, backoff=0.01, progress=False)
HASTY = Fetcher(retries=1, timeout=0.3, backoff=0.01, progress=False)

FETCH = """
import sys
from pathlib import Path
from pipeline.corpora.fetch.download import Fetcher, RemoteFile
from pipeline.core.errors import DownloadError
url, size, checksum, folder = sys.argv[1:]
try:
    Fetcher(retries=1, backoff=0.01, progress=False).fetch(
        RemoteFile("a.bin", (url,), int(size) or None, checksum), Path(folder)
    )
except DownloadError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running() as state:
        yield state


def sha256(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def described(*urls: str, body: bytes = BODY, name: str = "a.bin") -> RemoteFile:
    """A file of which everything is known."""
    return RemoteFile(name, urls, len(body), sha256(body))


def failure(fetcher: Fetcher, file: RemoteFile, folder: Path) -> str:
    """The message of a fetch that must fail and leave nothing under the final name."""
    with pytest.raises(DownloadError) as caught:
        fetcher.fetch(file, folder)
    assert not (folder / file.name).exists()
    message = str(caught.value)
    assert "\n" not in message
    return message


def start_fetching(url: str, folder: Path, body: bytes) -> subprocess.Popen[str]:
    known = [str(len(body)), sha256(body)]
    command = [sys.executable, "-c", FETCH, url, *known, str(folder)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_until_longer(part: Path, size: int) -> None:
    deadline = time.monotonic() + 20
    while not part.exists() or part.stat().st_size <= size:
        assert time.monotonic() < deadline, "the download does not grow"
        time.sleep(0.005)


class TestOneFile:
    """A healthy server."""

    def test_brings_the_bytes_and_tidies_up(self, server: FaultyServer, tmp_path: Path) -> None:
        path = PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path / "raw")
        assert path == tmp_path / "raw" / "a.bin"
        assert path.read_bytes() == BODY
        assert list(path.parent.iterdir()) == [path]

    def test_makes_the_folders_of_its_name(self, server: FaultyServer, tmp_path: Path) -> None:
        file = described(server.serve("/a.bin", BODY), name="Actor_01/a.bin")
        assert PATIENT.fetch(file, tmp_path) == tmp_path / "Actor_01" / "a.bin"

    def test_does_not_ask_for_what_is_there(self, server: FaultyServer, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(BODY)
        PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert server.log == []

    def test_replaces_a_damaged_file(self, server: FaultyServer, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(BODY[:-1] + b"?")
        path = PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY

    def test_md5_will_do(self, server: FaultyServer, tmp_path: Path) -> None:
        md5 = f"md5:{hashlib.md5(BODY).hexdigest()}"
        file = RemoteFile("a.bin", (server.serve("/a.bin", BODY),), None, md5)
        assert PATIENT.fetch(file, tmp_path).read_bytes() == BODY

    def test_nothing_need_be_known(self, server: FaultyServer, tmp_path: Path) -> None:
        file = RemoteFile("a.bin", (server.serve("/a.bin", BODY),), None, "")
        assert PATIENT.fetch(file, tmp_path).read_bytes() == BODY

    def test_an_empty_file_is_a_file(self, server: FaultyServer, tmp_path: Path) -> None:
        file = described(server.serve("/a.bin", b""), body=b"")
        assert PATIENT.fetch(file, tmp_path).read_bytes() == b""

    def test_the_bar_shows_name_and_rate(
        self, server: FaultyServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        server.fail("/a.bin", Fault(cut_after=100_000))
        Fetcher(backoff=0.01).fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        bar = capfd.readouterr().err
        assert "a.bin: 100%" in bar
        assert "B/s" in bar


class TestCuts:
    """Connections that end in the middle."""

    def test_goes_on_where_the_body_was_cut(self, server: FaultyServer, tmp_path: Path) -> None:
        server.fail("/a.bin", Fault(cut_after=100_000))
        path = PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY
        assert server.starts("/a.bin") == [0, 100_000]

    def test_cuts_that_bring_something_are_never_too_many(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        rng = random.Random(2)
        server.fail("/a.bin", *(Fault(cut_after=rng.randrange(1, 20_000)) for _ in range(12)))
        path = HASTY.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY
        starts = server.starts("/a.bin")
        assert len(starts) == 13
        assert starts == sorted(set(starts))

    def test_a_reset_is_a_cut(self, server: FaultyServer, tmp_path: Path) -> None:
        server.fail("/a.bin", Fault(cut_after=100_000, reset=True))
        path = PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY
        assert 0 < server.starts("/a.bin")[1] <= 100_000

    def test_silence_in_the_middle_is_a_cut(self, server: FaultyServer, tmp_path: Path) -> None:
        server.fail("/a.bin", Fault(stall_after=50_000, stall=1.0))
        path = HASTY.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY
        assert server.starts("/a.bin") == [0, 50_000]

    def test_a_cut_shows_even_when_the_length_was_not_announced(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        server.fail("/a.bin", Fault(cut_after=100_000, no_length=True))
        path = PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY
        assert server.starts("/a.bin") == [0, 100_000]

    def test_gives_up_when_nothing_new_comes(self, server: FaultyServer, tmp_path: Path) -> None:
        server.fail_for_ever("/a.bin", Fault(cut_after=0))
        message = failure(HASTY, described(server.serve("/a.bin", BODY)), tmp_path)
        assert "a.bin: could not be fetched" in message
        assert "run again" in message
        assert len(server.log) == 2

    def test_what_a_failure_left_is_used_by_the_next_call(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        file = described(server.serve("/a.bin", BODY))
        server.fail("/a.bin", Fault(cut_after=70_000), *[Fault(cut_after=0)] * 2)
        failure(HASTY, file, tmp_path)
        assert PATIENT.fetch(file, tmp_path).read_bytes() == BODY
        assert server.starts("/a.bin")[-1] == 70_000

    def test_a_part_that_is_whole_needs_no_server(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin.part").write_bytes(BODY)
        assert PATIENT.fetch(described("http://127.0.0.1:1/a.bin"), tmp_path).read_bytes() == BODY

    def test_a_whole_part_of_unknown_size_is_recognised(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        (tmp_path / "a.bin.part").write_bytes(BODY)
        file = RemoteFile("a.bin", (server.serve("/a.bin", BODY),), None, sha256(BODY))
        assert PATIENT.fetch(file, tmp_path).read_bytes() == BODY
        assert server.starts("/a.bin") == [len(BODY)]


class TestOtherVersions:
    """Parts that are not of the file as it is now."""

    def test_starts_over_when_ranges_are_ignored(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        server.fail("/a.bin", Fault(cut_after=100_000), Fault(ignore_range=True))
        path = PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY
        assert server.starts("/a.bin") == [0, 100_000]

    @pytest.mark.parametrize("obeys", [True, False], ids=["if-range", "if-range ignored"])
    def test_never_joins_two_versions(
        self, server: FaultyServer, tmp_path: Path, obeys: bool
    ) -> None:
        url = server.serve("/a.bin", BODY)
        server.fail("/a.bin", Fault(cut_after=100_000), Fault(cut_after=0), Fault(cut_after=0))
        file = RemoteFile("a.bin", (url,), None, "")
        failure(HASTY, file, tmp_path)

        changed = BODY[::-1]
        server.serve("/a.bin", changed)
        server.fail("/a.bin", Fault(ignore_if_range=not obeys))
        assert PATIENT.fetch(file, tmp_path).read_bytes() == changed

    def test_does_not_go_on_when_nothing_tells_versions_apart(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        server.tagged = False
        server.fail("/a.bin", Fault(cut_after=100_000))
        file = RemoteFile("a.bin", (server.serve("/a.bin", BODY),), None, "")
        assert PATIENT.fetch(file, tmp_path).read_bytes() == BODY
        assert server.starts("/a.bin") == [0, 0]

    def test_starts_over_when_the_rest_does_not_fit(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        (tmp_path / "a.bin.part").write_bytes(b"something else")
        path = PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY
        assert server.starts("/a.bin") == [len("something else"), 0]

    def test_starts_over_when_the_part_is_too_long(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        (tmp_path / "a.bin.part").write_bytes(BODY + b"more")
        path = PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY


class TestBusyServers:
    """Servers that answer late or not at all."""

    def test_waits_as_long_as_the_server_asks(self, server: FaultyServer, tmp_path: Path) -> None:
        server.fail("/a.bin", Fault(status=503, retry_after="1"))
        begun = time.monotonic()
        PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert time.monotonic() - begun >= 1

    @pytest.mark.parametrize("status", [429, 500, 502, 504])
    def test_asks_again(self, server: FaultyServer, tmp_path: Path, status: int) -> None:
        server.fail("/a.bin", Fault(status=status))
        PATIENT.fetch(described(server.serve("/a.bin", BODY)), tmp_path)
        assert len(server.log) == 2

    def test_gives_up_in_the_end(self, server: FaultyServer, tmp_path: Path) -> None:
        server.fail_for_ever("/a.bin", Fault(status=503))
        url = server.serve("/a.bin", BODY)
        assert f"{url}: 503" in failure(PATIENT, described(url), tmp_path)
        assert len(server.log) == 1 + PATIENT.retries

    def test_a_server_that_keeps_silent(self, server: FaultyServer, tmp_path: Path) -> None:
        server.fail_for_ever("/a.bin", Fault(stall=1.0))
        message = failure(HASTY, described(server.serve("/a.bin", BODY)), tmp_path)
        assert "timed out" in message

    def test_a_server_that_is_not_there(self, tmp_path: Path) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/a.bin"
            message = failure(HASTY, described(url), tmp_path)
        assert f"{url}: " in message
        assert "Connection refused" in message


class TestWrongFiles:
    """Answers that are not the file."""

    def test_absent(self, server: FaultyServer, tmp_path: Path) -> None:
        url = f"{server.address}/absent.bin"
        assert f"{url}: 404" in failure(PATIENT, described(url), tmp_path)
        assert len(server.log) == 1

    @pytest.mark.parametrize("no_length", [False, True])
    def test_a_web_page(self, server: FaultyServer, tmp_path: Path, no_length: bool) -> None:
        page = Fault(body=PAGE, content_type="text/html; charset=utf-8", no_length=no_length)
        server.fail("/a.zip", page)
        file = RemoteFile("a.zip", (server.serve("/a.zip", BODY),), None, "")
        assert "a web page" in failure(PATIENT, file, tmp_path)

    def test_a_wrong_checksum(self, server: FaultyServer, tmp_path: Path) -> None:
        url = server.serve("/a.bin", BODY[::-1])
        message = failure(PATIENT, described(url), tmp_path)
        assert "sha256 " in message
        assert sha256(BODY).removeprefix("sha256:") in message
        assert list(tmp_path.iterdir()) == []

    def test_a_wrong_size(self, server: FaultyServer, tmp_path: Path) -> None:
        url = server.serve("/a.bin", BODY[:-5])
        message = failure(PATIENT, described(url), tmp_path)
        assert f"{len(BODY) - 5} bytes instead of {len(BODY)}" in message

    def test_a_body_without_end(self, server: FaultyServer, tmp_path: Path) -> None:
        server.fail("/a.bin", Fault(body=BODY * 5, no_length=True))
        message = failure(PATIENT, described(server.serve("/a.bin", BODY)), tmp_path)
        assert f"more than {len(BODY)} bytes" in message

    def test_the_next_address_is_tried(self, server: FaultyServer, tmp_path: Path) -> None:
        official = f"{server.address}/gone.bin"
        mirror = server.serve("/mirror/a.bin", BODY)
        path = PATIENT.fetch(described(official, mirror), tmp_path)
        assert path.read_bytes() == BODY
        assert [request.path for request in server.log] == ["/gone.bin", "/mirror/a.bin"]

    def test_the_next_address_goes_on(self, server: FaultyServer, tmp_path: Path) -> None:
        official = server.serve("/a.bin", BODY)
        server.fail("/a.bin", Fault(cut_after=90_000), *[Fault(cut_after=0)] * 2)
        path = HASTY.fetch(described(official, server.serve("/b.bin", BODY)), tmp_path)
        assert path.read_bytes() == BODY
        assert server.starts("/b.bin") == [90_000]

    def test_every_address_is_named(self, server: FaultyServer, tmp_path: Path) -> None:
        urls = [f"{server.address}/{name}" for name in ("one", "two")]
        message = failure(PATIENT, described(*urls), tmp_path)
        assert all(url in message for url in urls)

    def test_a_password_is_not_shown(self, server: FaultyServer, tmp_path: Path) -> None:
        url = server.address.replace("//", "//me:secret@") + "/a.bin"
        assert "secret" not in failure(PATIENT, described(url), tmp_path)

    @pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "C:/a", "a\\b", "", ".", "a//b"])
    def test_names_stay_in_their_folder(self, name: str) -> None:
        with pytest.raises(DownloadError, match="outside"):
            RemoteFile(name, (), None, "")

    def test_an_unknown_algorithm_is_refused(self) -> None:
        with pytest.raises(DownloadError, match=r"crc32:1.* should be 'md5:"):
            RemoteFile("a", (), None, "crc32:1")


class TestDisk:
    """No room for it."""

    def test_room_is_checked_first(self, server: FaultyServer, tmp_path: Path) -> None:
        file = RemoteFile("a.bin", (server.serve("/a.bin", BODY),), 10**18, "")
        assert "GB needed in" in failure(PATIENT, file, tmp_path)
        assert server.log == []

    def test_a_full_disk(self, server: FaultyServer, tmp_path: Path) -> None:
        (tmp_path / "a.bin.part").symlink_to("/dev/full")
        file = RemoteFile("a.bin", (server.serve("/a.bin", BODY),), None, "")
        message = failure(PATIENT, file, tmp_path)
        assert "No space left on device" in message
        assert "make room and run again" in message

    def test_a_quota_that_is_used_up(self, server: FaultyServer, tmp_path: Path) -> None:
        url = server.serve("/a.bin", BODY)
        run = subprocess.run(
            [sys.executable, "-c", FETCH, url, "0", sha256(BODY), str(tmp_path)],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
            capture_output=True,
            text=True,
        )
        assert run.returncode == 1
        assert "cannot be written (File too large)" in run.stderr
        assert run.stderr.count("\n") == 1
        assert not (tmp_path / "a.bin").exists()

        file = described(url)
        assert PATIENT.fetch(file, tmp_path).read_bytes() == BODY
        assert server.starts("/a.bin") == [0, 100_000]


class TestKills:
    """The process dies, as by power cut or scheduler."""

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", [1, 2])
    def test_killed_again_and_again_ends_in_the_same_bytes(
        self, server: FaultyServer, tmp_path: Path, seed: int
    ) -> None:
        rng = random.Random(seed)
        body = rng.randbytes(2_000_000)
        url = server.serve("/a.bin", body)
        part = tmp_path / "a.bin.part"
        server.fail("/a.bin", *[Fault(pace=0.01)] * 3)
        for moment in sorted(rng.sample(range(1_500_000), 3)):
            process = start_fetching(url, tmp_path, body)
            wait_until_longer(part, moment)
            process.kill()
            process.communicate()
            assert not (tmp_path / "a.bin").exists()
        left = part.stat().st_size

        assert PATIENT.fetch(described(url, body=body), tmp_path).read_bytes() == body
        starts = server.starts("/a.bin")
        assert starts == sorted(set(starts))
        assert starts[-1] == left > 0
        assert all(request.if_range for request in server.log[1:])
        assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


class TestManyFiles:
    """A corpus of single recordings."""

    @pytest.fixture
    def files(self, server: FaultyServer) -> list[RemoteFile]:
        bodies = {f"{number:02}.wav": f"clip {number}".encode() * 50 for number in range(30)}
        return [
            described(server.serve(f"/{name}", body), body=body, name=name)
            for name, body in bodies.items()
        ]

    def test_brings_all(
        self, server: FaultyServer, files: list[RemoteFile], tmp_path: Path
    ) -> None:
        paths = PATIENT.fetch_many(files, tmp_path)
        assert [path.name for path in paths] == [file.name for file in files]
        for path, file in zip(paths, files, strict=True):
            verify(path, file)

    def test_asks_only_for_what_is_missing_or_damaged(
        self, server: FaultyServer, files: list[RemoteFile], tmp_path: Path
    ) -> None:
        paths = PATIENT.fetch_many(files, tmp_path)
        server.log.clear()
        paths[3].unlink()
        paths[7].write_bytes(b"x" * paths[7].stat().st_size)
        PATIENT.fetch_many(files, tmp_path)
        assert sorted(request.path for request in server.log) == ["/03.wav", "/07.wav"]

    def test_one_line_tells_of_all_failures(
        self, server: FaultyServer, files: list[RemoteFile], tmp_path: Path
    ) -> None:
        for number in (2, 11, 12, 20):
            server.fail_for_ever(f"/{number:02}.wav", Fault(status=404))
        with pytest.raises(DownloadError) as caught:
            PATIENT.fetch_many(files, tmp_path)
        message = str(caught.value)
        assert "\n" not in message
        assert message.startswith("4 of 30 files could not be fetched")
        assert "02.wav, 11.wav, 12.wav, …; run again to fetch only what is missing" in message
        assert len(list(tmp_path.iterdir())) == 26

    def test_a_few_bad_connections_do_no_harm(
        self, server: FaultyServer, files: list[RemoteFile], tmp_path: Path
    ) -> None:
        server.fail("/04.wav", Fault(cut_after=10))
        server.fail("/05.wav", Fault(status=429))
        server.fail("/06.wav", Fault(cut_after=20, reset=True))
        assert len(PATIENT.fetch_many(files, tmp_path)) == 30

    def test_stops_when_all_is_in_vain(self, server: FaultyServer, tmp_path: Path) -> None:
        absent = [described(f"{server.address}/{n}", name=f"{n}.wav") for n in range(400)]
        with pytest.raises(DownloadError, match="were not tried"):
            PATIENT.fetch_many(absent, tmp_path)
        assert len(server.log) < 200

    def test_room_for_all_is_checked_first(self, server: FaultyServer, tmp_path: Path) -> None:
        files = [RemoteFile(f"{n}", (f"{server.address}/{n}",), 10**17, "") for n in range(10)]
        with pytest.raises(DownloadError, match=r"10 files: .* GB needed"):
            PATIENT.fetch_many(files, tmp_path)
        assert server.log == []

    def test_a_name_that_is_there_twice_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DownloadError, match=r"a\.bin is listed twice"):
            PATIENT.fetch_many([described("http://x/1"), described("http://x/2")], tmp_path)


class TestMirrors:
    """Archives from a folder or a server of one's own."""

    def test_a_folder_is_used_in_place(self, tmp_path: Path) -> None:
        archive = tmp_path / "mirror" / "ravdess.zip"
        archive.parent.mkdir()
        archive.write_bytes(BODY)
        found = PATIENT.mirrored_archive(str(archive.parent), "ravdess", tmp_path / "incoming")
        assert found == archive
        assert not (tmp_path / "incoming").exists()

    def test_an_address_is_downloaded(self, server: FaultyServer, tmp_path: Path) -> None:
        server.serve("/mirror/ravdess.zip", BODY)
        found = PATIENT.mirrored_archive(f"{server.address}/mirror/", "ravdess", tmp_path)
        assert found == tmp_path / "ravdess.zip"
        assert found.read_bytes() == BODY

    def test_a_published_checksum_is_heeded(self, server: FaultyServer, tmp_path: Path) -> None:
        server.serve("/ravdess.zip", BODY)
        server.serve("/ravdess.zip.sha256", f"{'0' * 64}  ravdess.zip\n".encode())
        with pytest.raises(DownloadError, match=f"instead of {'0' * 64}"):
            PATIENT.mirrored_archive(server.address, "ravdess", tmp_path)
        digest = f"{hashlib.sha256(BODY).hexdigest()} *ravdess.zip\n"
        server.serve("/ravdess.zip.sha256", digest.encode())
        assert PATIENT.mirrored_archive(server.address, "ravdess", tmp_path).is_file()

    def test_a_folders_checksum_is_heeded(self, tmp_path: Path) -> None:
        (tmp_path / "ravdess.zip").write_bytes(BODY)
        (tmp_path / "ravdess.zip.sha256").write_text("0" * 64)
        with pytest.raises(DownloadError, match="copy it to the mirror again"):
            PATIENT.mirrored_archive(str(tmp_path), "ravdess", tmp_path)

    def test_a_page_for_everything_is_no_checksum(
        self, server: FaultyServer, tmp_path: Path
    ) -> None:
        server.serve("/ravdess.zip", BODY)
        server.fail("/ravdess.zip.sha256", Fault(body=PAGE, content_type="text/html"))
        server.serve("/ravdess.zip.sha256", b"")
        assert PATIENT.mirrored_archive(server.address, "ravdess", tmp_path).is_file()

    def test_nonsense_for_a_checksum_is_refused(self, server: FaultyServer, tmp_path: Path) -> None:
        server.serve("/ravdess.zip.sha256", b"see the other file")
        with pytest.raises(DownloadError, match="no sha256 in it; write it with sha256sum"):
            PATIENT.mirrored_archive(server.address, "ravdess", tmp_path)

    def test_an_absent_archive_is_named_in_full(self, server: FaultyServer, tmp_path: Path) -> None:
        for mirror in (server.address, str(tmp_path)):
            with pytest.raises(DownloadError) as caught:
                PATIENT.mirrored_archive(mirror, "ravdess", tmp_path / "incoming")
            assert f"{mirror}/ravdess.zip: " in str(caught.value)
            assert "put ravdess.zip there, or choose no mirror" in str(caught.value)

    def test_other_schemes_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DownloadError, match=r"must be a folder or an http\(s\) address"):
            PATIENT.mirrored_archive("ftp://example.org/x", "ravdess", tmp_path)


class TestChecks:
    """The two functions for files that are there."""

    def test_checksum(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(b"abc")
        assert checksum(path, "md5") == "900150983cd24fb0d6963f7d28e17f72"
        assert checksum(path, "sha256").startswith("ba7816bf")

    def test_verify_accepts_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(BODY)
        verify(tmp_path / "a.bin", described())

    @pytest.mark.parametrize("content", [BODY[:-1], BODY[::-1]], ids=["size", "bytes"])
    def test_verify_refuses_another(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.bin").write_bytes(content)
        with pytest.raises(DownloadError, match=r"a\.bin: .* instead of .*; delete it"):
            verify(tmp_path / "a.bin", described())

    def test_verify_refuses_what_is_absent(self, tmp_path: Path) -> None:
        with pytest.raises(DownloadError, match="no such file"):
            verify(tmp_path / "a.bin", described())
