"""Archives from elsewhere, unpacked whole or not at all."""

from __future__ import annotations

import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from tqdm import tqdm

from pipeline.core.errors import ArchiveError
from pipeline.core.storage import atomic_folder

PIECE: Final = 1 << 20
PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of bzip2 and LZMA, :mod:`zipfile` unpacks 4 KiB at once, be they gigabytes of memory."""

LOOKS: Final = (
    (b"<!doctype html", "a web page, not a zip: the site may have asked for a login"),
    (b"<html", "a web page, not a zip: the site may have asked for a login"),
    (b"pk\x03\x04", "a zip that is cut short"),
    (b"\x1f\x8b", "a gzip, not a zip"),
    (b"rar!", "a RAR archive, not a zip"),
    (b"7z\xbc\xaf", "a 7z archive, not a zip"),
)
"""First bytes, in lower case, and what kind of file begins so."""

BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What :mod:`zipfile` raises for bytes that are not as they should be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an archive may become; the defaults leave room for a corpus of 25 GB.

    Attributes:
        total: bytes of all members, unpacked.
        members: number of members.
        ratio: how many times larger than its packed form a member may become.
        any_ratio: bytes below which a member may have any ratio, for a recording of
            digital silence packs a thousand times smaller and is harmless.
    """

    total: int = 50_000_000_000
    members: int = 200_000
    ratio: float = 200.0
    any_ratio: int = 10_000_000


DEFAULT_LIMITS: Final = Limits()


def unpack(
    archive: Path, target: Path, *, limits: Limits = DEFAULT_LIMITS, progress: bool = True
) -> list[Path]:
    """Unpack a zip into a folder of its own.

    The folder appears under its name when all of it is there, and takes the place of an
    earlier one; what a killed call left beside it is removed. ``__MACOSX`` and
    ``.DS_Store`` are left out.

    Args:
        archive: the zip.
        target: the folder.
        limits: what is refused as a bomb.
        progress: whether to show a progress bar.

    Returns:
        The files, sorted.

    Raises:
        ArchiveError: the archive is broken, dangerous or too large, or the disk is full.
    """
    if target.is_file() or archive.resolve().is_relative_to(target.resolve()):
        raise ArchiveError(f"{archive}: cannot be unpacked over {target}; choose another folder")
    try:
        with _opened(archive) as source:
            members = _plan(archive, source, limits)
            with atomic_folder(target) as partial:
                _require_space(archive, partial, members)
                _write(archive, source, members, partial, limits, progress)
    except OSError as error:
        raise ArchiveError(
            f"{archive}: cannot be unpacked into {target} ({error.strerror or error}); "
            "make room there, or correct its permissions, and run again"
        ) from None
    return sorted(target / name for name in members)


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    if not archive.is_file():
        raise ArchiveError(f"{archive}: no such file; put it there by hand, or fetch it again")
    try:
        source = zipfile.ZipFile(archive)
    except (*BROKEN, OSError):
        raise ArchiveError(
            f"{archive}: {_looks_like(archive)}; delete it and run again, "
            f"or drop the right file by hand into {archive.parent}"
        ) from None
    with source:
        yield source


def _looks_like(archive: Path) -> str:
    with archive.open("rb") as stream:
        head = stream.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not head:
        return "is empty"
    looks = (words for first, words in LOOKS if head.startswith(first))
    return f"looks like {next(looks, 'something else than a zip')}"


def _plan(archive: Path, source: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """Which member becomes which file; nothing is written before all of them are accepted."""
    infos = source.infolist()
    if len(infos) > limits.members:
        raise _bomb(archive, f"{len(infos)} members, more than {limits.members}")
    if sum(info.compress_size for info in infos) > archive.stat().st_size:
        raise _bomb(archive, "its members overlap")
    if sum(info.file_size for info in infos) > limits.total:
        raise _bomb(archive, f"unpacks to more than {limits.total / 1e9:g} GB")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _safe_name(archive, info)
        if info.filename.endswith(("/", "\\")) or _is_clutter(name):
            continue
        if info.flag_bits & 0x1:
            raise ArchiveError(
                f"{archive}: member {name!r} is encrypted; pack it again without a password"
            )
        if info.compress_type not in PACKINGS:
            raise ArchiveError(
                f"{archive}: member {name!r} is packed by method {info.compress_type}; "
                "pack it again with deflate, as every zip program does by default"
            )
        if name in members:
            raise ArchiveError(f"{archive}: member {name!r} is there twice; pack it again")
        members[name] = info
    return members


def _safe_name(archive: Path, info: zipfile.ZipInfo) -> str:
    """The member's path below the target, with forward slashes."""
    # Some Windows programs write backslashes, which elsewhere would be part of the name.
    name = info.filename.replace("\\", "/")
    path = PurePosixPath(name)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a link" if kind == stat.S_IFLNK else "a special file"
        raise ArchiveError(f"{archive}: member {name!r} is {what}; pack it again without it")
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        raise ArchiveError(
            f"{archive}: member {info.filename!r} would be written outside the target; "
            "do not trust this archive, get it from its official source"
        )
    return str(path)


def _is_clutter(name: str) -> bool:
    """Whether it is what macOS adds, or no name at all.

    Example:
        >>> [_is_clutter(name) for name in ("__MACOSX/._a.wav", "x/.DS_Store", "x/a.wav", ".")]
        [True, True, False, True]
    """
    parts = name.split("/")
    return parts[0] in ("__MACOSX", ".") or parts[-1] == ".DS_Store"


def _require_space(archive: Path, folder: Path, members: dict[str, zipfile.ZipInfo]) -> None:
    needed = sum(info.file_size for info in members.values())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ArchiveError(
            f"{archive}: {needed / 1e9:.2f} GB needed in {folder.parent}, "
            f"{free / 1e9:.2f} GB are free; make room and run again"
        )


def _write(
    archive: Path,
    source: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    folder: Path,
    limits: Limits,
    progress: bool,
) -> None:
    total = sum(info.file_size for info in members.values())
    with tqdm(
        total=total, unit="B", unit_scale=True, desc=archive.name, disable=not progress
    ) as bar:
        for name, info in members.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            most = max(limits.any_ratio, int(limits.ratio * info.compress_size))
            # A name that differs in case alone collides here, where the file system minds.
            with path.open("xb") as sink, _blamed(archive, name), source.open(info) as member:
                written = _copy(member, sink, most, bar)
            if written > most:
                raise _bomb(archive, f"member {name!r} unpacks to more than {most} bytes")
            # The limit on the total was checked against the headers, so they must be true.
            if written != info.file_size:
                raise _damaged(archive, name, f"{written} bytes instead of {info.file_size}")


def _copy(member: IO[bytes], sink: IO[bytes], most: int, bar: tqdm[Any]) -> int:
    """Copy until the end or just past the limit, counting what really comes."""
    written = 0
    while written <= most and (data := member.read(PIECE)):
        sink.write(data)
        written += len(data)
        bar.update(len(data))
    return written


@contextmanager
def _blamed(archive: Path, name: str) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise _damaged(archive, name, " ".join(str(error).split()) or "cut short") from None


def _damaged(archive: Path, name: str, why: str) -> ArchiveError:
    return ArchiveError(
        f"{archive}: member {name!r} is damaged ({why}); delete the archive and run again"
    )


def _bomb(archive: Path, why: str) -> ArchiveError:
    return ArchiveError(
        f"{archive}: {why}, as a decompression bomb would; get it from its official source"
    )
