"""What is known of a corpus before it is downloaded, as committed files.

A manifest pins addresses, sizes, checksums and counts, and carries the licence
and citation that are shown before a download and written in every dataset card.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from pipeline.config.base import Settings
from pipeline.core.errors import CorpusError
from pipeline.corpora.fetch.transfer import RemoteFile

FOLDER = "manifests"


class Address(Settings):
    """One file on a public server."""

    name: str
    urls: tuple[str, ...]
    size: int | None
    checksum: str

    def remote(self) -> RemoteFile:
        """The same, as the downloader wants it."""
        return RemoteFile(name=self.name, urls=self.urls, size=self.size, checksum=self.checksum)


class FileTable(Settings):
    """A table of many small files: name, sha256 and size, one a line."""

    table: str
    folder: str
    urls: tuple[str, ...]


class ByHand(Settings):
    """An archive that only a person can get, behind a registration form."""

    archive: str
    registration: str


class Manifest(Settings):
    """All that is pinned of one corpus; None where nothing is promised."""

    title: str
    homepage: str
    licence: str
    licence_url: str
    non_commercial: bool
    synthetic: bool = False
    citation: str
    clips: int | None
    speakers: int | None
    rate: int | None
    archives: tuple[Address, ...]
    tables: tuple[Address, ...] = ()
    files: FileTable | None = None
    by_hand: ByHand | None = None

    def licence_notice(self) -> str:
        """What is shown before the download begins.

        Example:
            >>> print(load("ravdess").licence_notice().splitlines()[0])
            RAVDESS, speech: CC BY-NC-SA 4.0 (not for commercial use)
        """
        limit = " (not for commercial use)" if self.non_commercial else ""
        return (
            f"{self.title}: {self.licence}{limit}\n"
            f"  licence  {self.licence_url}\n"
            f"  source   {self.homepage}\n"
            f"  cite     {self.citation}"
        )

    def recordings(self) -> list[RemoteFile]:
        """The single files of a corpus that is not published as an archive."""
        if self.files is None:
            return []
        lines = _resource(self.files.table).splitlines()[1:]
        rows = [line.split("\t") for line in lines if line]
        return [
            RemoteFile(
                name=f"{self.files.folder}/{name}",
                urls=tuple(url.format(name=name) for url in self.files.urls),
                size=int(size),
                checksum=f"sha256:{digest}",
            )
            for name, digest, size in rows
        ]


@cache
def load(corpus: str) -> Manifest:
    """The manifest of a public corpus.

    Example:
        >>> load("ravdess").clips
        1440
    """
    data = YAML(typ="safe", pure=True).load(_resource(f"{corpus}.yaml"))
    return Manifest.model_validate_json(json.dumps(data))


def _resource(name: str) -> str:
    file = files("pipeline.corpora").joinpath(FOLDER, name)
    if not file.is_file():
        raise CorpusError(f"{name}: no such manifest in the package; reinstall it")
    return file.read_text(encoding="utf-8")
