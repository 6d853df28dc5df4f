"""Files from elsewhere, whole and checked, however often the connection breaks.

Connections and busy servers are retried by urllib3. What it lacks is here: going on in
the middle of a body, from an earlier process if need be, and keeping a file from its
final name until its checksum holds.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from tqdm import tqdm
from urllib3.util.retry import Retry

from pipeline.core.errors import DownloadError
from pipeline.corpora.fetch.transfer import (
    CutError,
    Part,
    RefusedError,
    RemoteFile,
    Transfer,
    checksum,
    is_page,
    mismatch,
    reason,
    require_space,
    verify,
)

__all__ = ["Fetcher", "RemoteFile", "checksum", "verify"]

BUSY: Final = (429, 500, 502, 503, 504)
"""Answers after which the same question is worth asking again."""
LONGEST_WAIT: Final = 120.0
"""Seconds between two attempts, at most."""
LONGEST_RETRY_AFTER: Final = 600
"""Seconds that a server may ask us to wait; longer waits are cut to this."""
HOPELESS: Final = 50
"""Failures in a row after which the rest of many files is not tried."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """How to fetch.

    Attributes:
        retries: attempts after the first that bring nothing new, before an address is given up.
        timeout: seconds without a single byte after which a connection counts as dead.
        backoff: seconds before the second retry; each further wait is twice as long.
        progress: whether to show a progress bar.
    """

    retries: int = 5
    timeout: float = 30.0
    backoff: float = 0.5
    progress: bool = True

    def fetch(self, file: RemoteFile, folder: Path) -> Path:
        """Bring a file into a folder, unless it is there already.

        A process that was killed left ``<name>.part``; the next one goes on from there.

        Raises:
            DownloadError: no address gave the file, or the disk is full.
        """
        with self._session() as session:
            return self._fetch(session, file, folder, quiet=not self.progress)

    def fetch_many(
        self, files: Sequence[RemoteFile], folder: Path, *, workers: int = 8
    ) -> list[Path]:
        """Bring many small files into a folder, those that are not there already.

        Raises:
            DownloadError: one line about all the files that are missing; the others are there.
        """
        twice = [name for name, count in Counter(f.name for f in files).items() if count > 1]
        if twice:
            raise DownloadError(f"{twice[0]} is listed twice; correct the list of files")
        absent = sum(f.size or 0 for f in files if not (folder / f.name).exists())
        require_space(folder, absent, f"{len(files)} files")
        failures: dict[str, DownloadError] = {}
        done = in_a_row = 0
        with (
            self._session(workers) as session,
            ThreadPoolExecutor(workers) as pool,
            tqdm(total=len(files), unit="file", desc=folder.name, disable=not self.progress) as bar,
        ):
            futures = {pool.submit(self._fetch, session, file, folder): file for file in files}
            try:
                for future in as_completed(futures):
                    error = future.exception()
                    if isinstance(error, DownloadError):
                        failures[futures[future].name] = error
                    elif error:
                        raise error
                    done += 1
                    in_a_row = in_a_row + 1 if error else 0
                    bar.update()
                    if in_a_row == HOPELESS:
                        break
            finally:
                pool.shutdown(cancel_futures=True)
        if failures:
            missing = [file.name for file in files if file.name in failures]
            raise DownloadError(_summary(missing, len(files), done, folder, failures[missing[0]]))
        return [folder / file.name for file in files]

    def mirrored_archive(self, mirror: str, corpus: str, incoming: Path) -> Path:
        """The archive ``<corpus>.zip`` of a mirror.

        Args:
            mirror: a folder, whose archive is used in place, or an http(s) address, whose
                archive is downloaded. ``<corpus>.zip.sha256`` beside it is heeded.
            corpus: name of the corpus.
            incoming: folder for downloads.

        Raises:
            DownloadError: the mirror has no such archive, or a broken one.
        """
        name = f"{corpus}.zip"
        cure = f"put {name} there, or choose no mirror to get {corpus} from its own site"
        if not mirror.lower().startswith(("http://", "https://")):
            if "://" in mirror:
                raise DownloadError(f"mirror {mirror}: must be a folder or an http(s) address")
            return _from_folder(Path(mirror).expanduser(), name, cure)
        address = f"{mirror.rstrip('/')}/{name}"
        with self._session() as session:
            digest = self._published_digest(session, f"{address}.sha256")
            file = RemoteFile(name, (address,), None, f"sha256:{digest}" if digest else "")
            return self._fetch(session, file, incoming, quiet=not self.progress, cure=cure)

    def _session(self, connections: int = 1) -> requests.Session:
        retry = Retry(
            total=self.retries,
            status_forcelist=BUSY,
            backoff_factor=self.backoff,
            backoff_jitter=self.backoff,
            backoff_max=LONGEST_WAIT,
            retry_after_max=LONGEST_RETRY_AFTER,
            raise_on_status=False,
        )
        session = requests.Session()
        # A compressed body would have another length, and could not be taken up in the middle.
        session.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=connections, max_retries=retry))
        return session

    def _fetch(
        self,
        session: requests.Session,
        file: RemoteFile,
        folder: Path,
        *,
        quiet: bool = True,
        cure: str = "",
    ) -> Path:
        target = folder / file.name
        reasons = []
        try:
            if target.is_file() and not mismatch(target, file):
                return target
            target.parent.mkdir(parents=True, exist_ok=True)
            part = Part(target.with_name(target.name + ".part"))
            require_space(target.parent, (file.size or 0) - part.size, file.name)
            for url in file.urls:
                try:
                    with _bar(file, quiet) as bar:
                        self._fill(Transfer(session, url, file, part, self.timeout, bar))
                except RefusedError as refusal:
                    reasons.append(f"{_shown(url)}: {refusal}")
                else:
                    part.seal(target)
                    return target
        except OSError as error:
            raise DownloadError(
                f"{target}: cannot be written ({error.strerror or error}); "
                "make room and run again, it goes on where it stopped"
            ) from None
        cure = cure or f"run again later, or put the file by hand into {target.parent}"
        why = "; ".join(reasons) or "no address is known"
        raise DownloadError(f"{file.name}: could not be fetched ({why}); {cure}")

    def _fill(self, transfer: Transfer) -> None:
        """Make the part whole from one address, however often the connection is cut."""
        part = transfer.part
        longest, failures = part.size, 0
        while True:
            try:
                transfer.go_on()
                return
            except CutError as cut:
                failures = 0 if part.size > longest else failures + 1
                longest = max(longest, part.size)
                if failures > self.retries:
                    raise RefusedError(str(cut)) from None
            time.sleep(min(self.backoff * 2**failures, LONGEST_WAIT))

    def _published_digest(self, session: requests.Session, address: str) -> str:
        """What a mirror says of its archive, or nothing when it says nothing."""
        try:
            response = session.get(address, timeout=self.timeout)
        except requests.RequestException as error:
            raise DownloadError(
                f"{_shown(address)}: {reason(error)}; check the mirror's address and run again"
            ) from None
        # Some stores answer 403 for what is absent, some sites a page for whatever is asked.
        if response.status_code in (403, 404, 410) or is_page(response):
            return ""
        if not response.ok:
            raise DownloadError(
                f"{_shown(address)}: {response.status_code} {response.reason}; run again later"
            )
        return _digest(response.text, _shown(address))


def _from_folder(folder: Path, name: str, cure: str) -> Path:
    archive = folder.absolute() / name
    if not archive.is_file():
        raise DownloadError(f"{archive}: no such file in the mirror; {cure}")
    digest = archive.with_name(f"{name}.sha256")
    if digest.is_file():
        expected = _digest(digest.read_text(encoding="utf-8", errors="replace"), str(digest))
        problem = mismatch(archive, RemoteFile(name, (), None, f"sha256:{expected}"))
        if problem:
            raise DownloadError(f"{archive}: {problem}; copy it to the mirror again")
    return archive


def _digest(text: str, where: str) -> str:
    """What ``sha256sum`` wrote, without the name of the file."""
    words = text.split(maxsplit=1)
    if not words or not re.fullmatch(r"[0-9a-fA-F]{64}", words[0]):
        raise DownloadError(
            f"{where}: no sha256 in it; write it with sha256sum, or remove it from the mirror"
        )
    return words[0].lower()


def _bar(file: RemoteFile, quiet: bool) -> tqdm[Any]:
    return tqdm(
        total=file.size, unit="B", unit_scale=True, unit_divisor=1024, desc=file.name, disable=quiet
    )


def _shown(url: str) -> str:
    """An address without the password that may be in it.

    Example:
        >>> _shown("https://me:secret@example.org/a.zip")
        'https://example.org/a.zip'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _summary(missing: Sequence[str], of: int, done: int, folder: Path, first: DownloadError) -> str:
    names = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
    rest = f" and {of - done} were not tried" if done < of else ""
    return (
        f"{len(missing)} of {of} files could not be fetched into {folder}{rest}: {names}; "
        f"run again to fetch only what is missing (the first: {first})"
    )
