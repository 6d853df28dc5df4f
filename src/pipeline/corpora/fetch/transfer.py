"""One file over one connection: what urllib3 does not do for a broken download.

:mod:`pipeline.corpora.fetch.download` decides what to fetch and from where; here a body is
taken up where the last one was cut, and nothing gets past its checksum.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import requests
from tqdm import tqdm
from urllib3.exceptions import HTTPError

from pipeline.core.errors import DownloadError

ALGORITHMS: Final = ("md5", "sha256")
PIECE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file, where to get it, and how to know it.

    Attributes:
        name: path relative to the target folder, with forward slashes.
        urls: addresses in the order in which to try them.
        size: bytes, or None when unknown.
        checksum: ``md5:…`` or ``sha256:…``, or empty when none is known.

    Example:
        >>> RemoteFile("../a.zip", ("https://example.org/a.zip",), None, "")
        Traceback (most recent call last):
        ...
        pipeline.core.errors.DownloadError: '../a.zip' would lie outside its folder; ...
    """

    name: str
    urls: tuple[str, ...]
    size: int | None
    checksum: str

    def __post_init__(self) -> None:
        path = PurePosixPath(self.name)
        plain = path.name and str(path) == self.name and "\\" not in self.name
        if not plain or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise DownloadError(f"{self.name!r} would lie outside its folder; correct the name")
        if self.checksum and self.checksum.partition(":")[0] not in ALGORITHMS:
            known = " or ".join(f"'{name}:…'" for name in ALGORITHMS)
            raise DownloadError(f"{self.name}: checksum {self.checksum!r} should be {known}")


def checksum(path: Path, algorithm: str) -> str:
    """The hexadecimal digest of a file by ``md5`` or ``sha256``."""
    if algorithm not in ALGORITHMS:
        raise DownloadError(f"{path}: checksum by {algorithm!r}, expected one of {ALGORITHMS}")
    with path.open("rb") as stream:
        # A digest against accidents only; strict machines forbid md5 for anything else.
        return hashlib.file_digest(
            stream, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()


def verify(path: Path, file: RemoteFile) -> None:
    """Compare a file's size and checksum with what is known of it.

    Raises:
        DownloadError: the file is absent, or differs.
    """
    problem = mismatch(path, file) if path.is_file() else "no such file"
    if problem:
        raise DownloadError(f"{path}: {problem}; delete it and run again")


class CutError(Exception):
    """The body ended early, or proved stale; asking again may bring the rest."""


class RefusedError(Exception):
    """This address does not give the file; another may."""


@dataclass(frozen=True, slots=True)
class Part:
    """An unfinished file, and beside it a note of which remote version it is a part of."""

    path: Path

    @property
    def _note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    @property
    def size(self) -> int:
        """Bytes so far."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def validator(self, url: str) -> str:
        """The version that the address served, or nothing when it served no part of this."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return str(note["validator"]) if note["url"] == url else ""
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return ""

    def begin(self, url: str, validator: str) -> None:
        """Start over; the old bytes go before the new note comes, lest a kill mix them."""
        self.path.write_bytes(b"")
        self._note.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")

    def drop(self) -> None:
        """Forget what came so far."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def seal(self, target: Path) -> None:
        """Give the whole file its name, once the disk has it."""
        with self.path.open("rb+") as stream:
            os.fsync(stream.fileno())
        self.path.replace(target)
        self._note.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One file from one address."""

    session: requests.Session
    url: str
    file: RemoteFile
    part: Part
    timeout: float
    bar: tqdm[Any]

    def go_on(self) -> None:
        """Ask for what is missing, take what comes, and check the whole."""
        offset = start = self.part.size
        if not offset or offset != self.file.size:
            with closing(self._ask(offset)) as response:
                start, total = self._understand(response, offset)
                _move(self.bar, start, total)
                if total is None or start < total:
                    require_space(self.part.path.parent, (total or 0) - start, self.file.name)
                    self._append(response, total)
        problem = mismatch(self.part.path, self.file)
        if problem:
            self.part.drop()
            # Bytes of two attempts, perhaps of two versions; one more attempt from the beginning.
            raise CutError(problem) if start else RefusedError(problem)

    def _ask(self, offset: int) -> requests.Response:
        headers: dict[str, str] = {}
        validator = self.part.validator(self.url)
        if offset and (validator or self.file.checksum):
            headers["Range"] = f"bytes={offset}-"
            if validator:
                headers["If-Range"] = validator
        try:
            return self.session.get(self.url, headers=headers, stream=True, timeout=self.timeout)
        except requests.RequestException as error:
            raise RefusedError(reason(error)) from None

    def _understand(self, response: requests.Response, offset: int) -> tuple[int, int | None]:
        """Where the body starts and how long the whole is; the part is made to fit."""
        if response.status_code == 206:
            return self._resume(response, offset)
        if response.status_code == 416 and offset:
            if _total(response) == offset:
                return offset, offset
            self.part.drop()
            raise CutError("the file there is shorter than before")
        if response.status_code != 200:
            raise RefusedError(f"{response.status_code} {response.reason}")
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else self.file.size
        expected = self.file.size is not None and total == self.file.size
        if is_page(response) and not expected and not self.file.name.endswith((".html", ".htm")):
            raise RefusedError("a web page instead of the file; the site may ask for a login")
        if self.file.size is not None and not expected:
            raise RefusedError(f"{total} bytes instead of {self.file.size}")
        self.part.begin(self.url, _validator(response.headers))
        return 0, total

    def _resume(self, response: requests.Response, offset: int) -> tuple[int, int | None]:
        known = self.part.validator(self.url)
        total = _total(response)
        same = not known or _validator(response.headers) in ("", known)
        fits = self.file.size is None or total in (None, self.file.size)
        begins = re.match(rf"bytes {offset}-", response.headers.get("Content-Range", ""))
        if not (same and fits and begins):
            self.part.drop()
            raise CutError("the file there has changed")
        return offset, self.file.size if total is None else total

    def _append(self, response: requests.Response, total: int | None) -> None:
        with self.part.path.open("ab") as stream:
            for piece in _pieces(response):
                stream.write(piece)
                self.bar.update(len(piece))
                if self.file.size is not None and stream.tell() > self.file.size:
                    self.part.drop()
                    raise RefusedError(f"more than {self.file.size} bytes")
            written = stream.tell()
        if total is not None and written < total:
            raise CutError(f"cut after {written} of {total} bytes")


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives, so that a cut loses nothing of what came before it."""
    try:
        while piece := response.raw.read1(PIECE, decode_content=False):
            yield piece
    except HTTPError as error:
        raise CutError(reason(error)) from None


def _validator(headers: Mapping[str, str]) -> str:
    """What If-Range accepts: a strong entity tag, else the date."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def _total(response: requests.Response) -> int | None:
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(total) if total.isdecimal() else None


def is_page(response: requests.Response) -> bool:
    """Whether the answer is meant for a person."""
    return response.headers.get("Content-Type", "").lower().startswith("text/html")


def mismatch(path: Path, file: RemoteFile) -> str:
    """In what a file differs from its description, or nothing."""
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        return f"{size} bytes instead of {file.size}"
    algorithm, _, expected = file.checksum.partition(":")
    if expected and (found := checksum(path, algorithm)) != expected.lower():
        return f"{algorithm} {found} instead of {expected}"
    return ""


def require_space(folder: Path, needed: int, what: str) -> None:
    """Refuse to begin what the disk cannot hold.

    Args:
        folder: where it is to go; need not exist yet.
        needed: bytes.
        what: the message begins with it.

    Raises:
        DownloadError: less is free.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DownloadError(
            f"{what}: {needed / 1e9:.2f} GB needed in {folder}, {free / 1e9:.2f} GB are free; "
            "make room and run again"
        )


def reason(error: Exception) -> str:
    r"""The innermost cause in a few words, on one line.

    Example:
        >>> reason(ValueError("HTTPConnection(host='127.0.0.1'): Connection\nrefused"))
        'Connection refused'
    """
    first = error.args[0] if error.args else ""
    cause = getattr(first, "reason", None) or first
    if isinstance(cause, HTTPError) and cause.args:
        cause = cause.args[-1] if isinstance(cause.args[-1], Exception) else cause.args[0]
    return " ".join(str(cause).rpartition("): ")[2].split()) or type(error).__name__


def _move(bar: tqdm[Any], to: int, total: int | None) -> None:
    """Set a bar to where a body starts, without counting the step as speed."""
    if not bar.disable:
        bar.total = total
        bar.initial += to - bar.n
        bar.n = to
