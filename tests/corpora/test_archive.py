"""Archives that are broken, hostile or interrupted."""

from __future__ import annotations

import random
import resource
import stat
import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import ArchiveError
from pipeline.corpora.fetch.archive import Limits, unpack

CLIPS = {f"Actor_{n:02}/clip-{n}.wav": random.Random(n).randbytes(5_000) for n in range(1, 5)}

UNPACK = """
import sys
from pathlib import Path
from pipeline.corpora.fetch.archive import unpack
from pipeline.core.errors import ArchiveError
try:
    unpack(Path(sys.argv[1]), Path(sys.argv[2]), progress=False)
except ArchiveError as error:
    sys.exit(str(error))
"""


def pack(path: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refusal(archive: Path, limits: Limits | None = None) -> str:
    """The message of an unpacking that must fail and leave nothing but the archive."""
    with pytest.raises(ArchiveError) as caught:
        unpack(archive, archive.parent / "out", limits=limits or Limits(), progress=False)
    assert list(archive.parent.iterdir()) == [archive]
    message = str(caught.value)
    assert "\n" not in message
    assert str(archive) in message
    return message


def unpack_within(archive: Path, largest_file: int) -> subprocess.CompletedProcess[str]:
    """Unpack in a process whose files the system keeps below a size."""
    limit = (largest_file, largest_file)
    return subprocess.run(
        [sys.executable, "-c", UNPACK, str(archive), str(archive.parent / "out")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        capture_output=True,
        text=True,
    )


class TestHealthy:
    """What an archive is for."""

    def test_all_files_come_out(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS)
        paths = unpack(archive, tmp_path / "data" / "raw", progress=False)
        assert paths == sorted(tmp_path / "data" / "raw" / name for name in CLIPS)
        assert tree(tmp_path / "data" / "raw") == CLIPS

    def test_members_need_not_be_packed(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS, zipfile.ZIP_STORED)
        unpack(archive, tmp_path / "out", progress=False)
        assert tree(tmp_path / "out") == CLIPS

    def test_what_macs_add_is_left_out(self, tmp_path: Path) -> None:
        clutter = {"__MACOSX/Actor_01/._clip-1.wav": b"x", ".DS_Store": b"", "a/.DS_Store": b""}
        unpack(pack(tmp_path / "a.zip", CLIPS | clutter), tmp_path / "out", progress=False)
        assert tree(tmp_path / "out") == CLIPS

    def test_backslashes_are_folders(self, tmp_path: Path) -> None:
        unpack(pack(tmp_path / "a.zip", {"a\\b.wav": b"x"}), tmp_path / "out", progress=False)
        assert tree(tmp_path / "out") == {"a/b.wav": b"x"}

    def test_an_earlier_folder_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "old.wav").touch()
        unpack(pack(tmp_path / "a.zip", CLIPS), tmp_path / "out", progress=False)
        assert tree(tmp_path / "out") == CLIPS
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]

    def test_the_archive_is_never_replaced(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS)
        with pytest.raises(ArchiveError, match="choose another folder"):
            unpack(archive, tmp_path, progress=False)
        assert archive.is_file()

    def test_the_bar_shows_the_name(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        unpack(pack(tmp_path / "a.zip", CLIPS), tmp_path / "out")
        assert "a.zip: 100%" in capfd.readouterr().err


class TestEscapes:
    """Members that would land elsewhere."""

    @pytest.mark.parametrize(
        "name",
        ["../evil", "a/../../evil", "/tmp/evil", "..\\evil", "C:\\evil", "c:evil", "//host/evil"],
    )
    def test_names_that_leave_the_target(self, tmp_path: Path, name: str) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS | {name: b"evil"})
        assert "outside the target" in refusal(archive)

    def test_links(self, tmp_path: Path) -> None:
        link = zipfile.ZipInfo("link")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(link, "/etc")
            archive.writestr("link/passwd", "evil")
        assert "'link' is a link" in refusal(tmp_path / "a.zip")

    def test_devices(self, tmp_path: Path) -> None:
        device = zipfile.ZipInfo("null")
        device.external_attr = (stat.S_IFCHR | 0o666) << 16
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(device, "")
        assert "'null' is a special file" in refusal(tmp_path / "a.zip")

    def test_the_same_name_twice(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            archive.writestr("a.wav", "one")
            archive.writestr("./a.wav", "two")
        assert "'a.wav' is there twice" in refusal(tmp_path / "a.zip")

    def test_a_file_that_is_a_folder_too(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {"a": b"file", "a/b": b"below it"})
        assert "cannot be unpacked" in refusal(archive)


class TestBombs:
    """Archives that would fill the disk."""

    def test_too_large_by_its_own_word(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS)
        assert "more than 1e-05 GB" in refusal(archive, Limits(total=10_000))

    def test_too_dense(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {"zeros.wav": bytes(11_000_000)})
        assert "'zeros.wav' unpacks to more than 10000000 bytes" in refusal(archive)

    def test_a_silent_clip_is_no_bomb(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {"silent.wav": bytes(200_000)})
        assert archive.stat().st_size < 200_000 / 200
        assert unpack(archive, tmp_path / "out", progress=False)[0].stat().st_size == 200_000

    def test_too_many_members(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {f"{n}": b"" for n in range(20)})
        assert "20 members, more than 10" in refusal(archive, Limits(members=10))

    @pytest.mark.parametrize("claimed", [10, 400_000], ids=["less", "more"])
    def test_a_header_that_lies(self, tmp_path: Path, claimed: int) -> None:
        archive = pack(tmp_path / "a.zip", {"zeros.wav": bytes(300_000)})
        honest, lie = struct.pack("<I", 300_000), struct.pack("<I", claimed)
        archive.write_bytes(archive.read_bytes().replace(honest, lie))
        assert "'zeros.wav' is damaged" in refusal(archive)

    def test_members_that_overlap(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {"a.wav": random.Random(1).randbytes(1000)})
        source = archive.read_bytes()
        directory = source[source.index(b"PK\x01\x02") : source.index(b"PK\x05\x06")]
        start = source.index(directory)
        entries = b"".join(directory.replace(b"a.wav", b"%05d" % n) for n in range(50))
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 50, 50, len(entries), start, 0)
        archive.write_bytes(source[:start] + entries + end)
        assert "its members overlap" in refusal(archive)

    def test_a_bomb_is_not_unpacked_to_its_end(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {"zeros.wav": bytes(30_000_000)})
        run = unpack_within(archive, largest_file=15_000_000)
        assert "'zeros.wav' unpacks to more than 10000000 bytes" in run.stderr

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str)
    def test_packings_that_could_fill_the_memory(self, tmp_path: Path, method: int) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS, method)
        assert f"packed by method {method}; pack it again" in refusal(archive)


class TestBroken:
    """Files that are not the zip they should be."""

    def test_cut_short(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS)
        archive.write_bytes(archive.read_bytes()[:-1000])
        message = refusal(archive)
        assert "looks like a zip that is cut short; delete it and run again" in message
        assert f"by hand into {tmp_path}" in message

    @pytest.mark.parametrize(
        "page", [b"<!DOCTYPE html><html>", b"\xef\xbb\xbf\n <HTML lang=en>"], ids=["doc", "html"]
    )
    def test_a_web_page(self, tmp_path: Path, page: bytes) -> None:
        (tmp_path / "a.zip").write_bytes(page)
        message = refusal(tmp_path / "a.zip")
        assert "a web page, not a zip: the site may have asked for a login" in message

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "is empty"),
            (b"\x1f\x8b\x08", "a gzip, not a zip"),
            (b"Rar!\x1a\x07", "a RAR archive, not a zip"),
            (b"no idea", "something else than a zip"),
        ],
        ids=["empty", "gzip", "rar", "other"],
    )
    def test_something_else(self, tmp_path: Path, content: bytes, words: str) -> None:
        (tmp_path / "a.zip").write_bytes(content)
        assert words in refusal(tmp_path / "a.zip")

    def test_absent(self, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match=r"a\.zip: no such file; put it there by hand"):
            unpack(tmp_path / "a.zip", tmp_path / "out", progress=False)

    def test_a_flipped_bit_is_blamed_on_its_member(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS, zipfile.ZIP_STORED)
        content = bytearray(archive.read_bytes())
        content[content.index(CLIPS["Actor_03/clip-3.wav"]) + 100] ^= 1
        archive.write_bytes(content)
        assert "'Actor_03/clip-3.wav' is damaged (Bad CRC-32" in refusal(archive)

    def test_encrypted(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {"a.wav": b"secret"})
        content = bytearray(archive.read_bytes())
        content[content.index(b"PK\x01\x02") + 8] |= 1
        archive.write_bytes(content)
        assert "'a.wav' is encrypted" in refusal(archive)

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    )
    def test_whatever_is_wrong_with_it_the_error_is_ours(
        self, changes: list[tuple[int, int]], method: int
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            archive = pack(Path(folder) / "a.zip", {"a/b.wav": b"abc" * 40, "c.wav": b""}, method)
            content = bytearray(archive.read_bytes())
            for place, value in changes:
                content[place % len(content)] = value
            archive.write_bytes(content)
            try:
                unpack(archive, Path(folder) / "out", progress=False)
            except ArchiveError as error:
                assert "\n" not in str(error)
                assert list(Path(folder).iterdir()) == [archive]


class TestInterrupted:
    """Processes that die and disks that fill up."""

    @pytest.mark.slow
    @pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
    def test_killed_and_run_again(self, tmp_path: Path, share: float) -> None:
        body = random.Random(3).randbytes(100_000)
        members = {f"{n:04}.wav": body for n in range(2000)}
        archive = pack(tmp_path / "a.zip", members, zipfile.ZIP_STORED)
        target, fresh = tmp_path / "out", tmp_path / ".out.partial"
        command = [sys.executable, "-c", UNPACK, str(archive), str(target)]
        process = subprocess.Popen(command)
        deadline = time.monotonic() + 20
        while not fresh.exists() or sum(1 for _ in fresh.iterdir()) < share * len(members):
            assert time.monotonic() < deadline, "the unpacking does not proceed"
            assert process.poll() is None, "the unpacking was over too soon"
        process.kill()
        process.wait()
        assert not target.exists()
        assert fresh.exists()

        unpack(archive, target, progress=False)
        assert tree(target) == members
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]

    def test_a_quota_that_is_used_up(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {"a.wav": random.Random(1).randbytes(50_000)})
        run = unpack_within(archive, largest_file=20_000)
        assert "(File too large); make room there" in run.stderr
        assert run.stderr.count("\n") == 1
        assert list(tmp_path.iterdir()) == [archive]

    def test_room_is_checked_first(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", {"a.wav": b"x" * 1234})
        honest, huge = struct.pack("<I", 1234), struct.pack("<I", 2**32 - 2)
        content = archive.read_bytes()
        directory = content.index(b"PK\x01\x02")
        entry = content[directory : content.index(b"PK\x05\x06")].replace(honest, huge)
        copies = b"".join(entry.replace(b"a.wav", b"%05d" % n) for n in range(20))
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 20, 20, len(copies), directory, 0)
        archive.write_bytes(content[:directory] + copies + end)
        with zipfile.ZipFile(archive) as source:
            assert sum(info.file_size for info in source.infolist()) > 80e9
        assert "GB needed in" in refusal(archive, Limits(total=10**12))

    def test_a_place_where_nothing_may_be_written(self, tmp_path: Path) -> None:
        archive = pack(tmp_path / "a.zip", CLIPS)
        with pytest.raises(ArchiveError, match="cannot be unpacked into /proc/out"):
            unpack(archive, Path("/proc/out"), progress=False)
