"""Bringing a corpus to this machine: mirror, official server, or a person's own hands."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import DownloadError
from pipeline.corpora.fetch.archive import unpack
from pipeline.corpora.fetch.download import Fetcher
from pipeline.corpora.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Sources:
    """Where this machine may take recordings from.

    Attributes:
        incoming: folder for archives, complete or in part; it outlives a killed
            download, and archives dropped there by hand are found there.
        mirror: folder or http(s) address holding ``<corpus>.zip``, or None for
            the official servers.
        fetcher: how to fetch.
        workers: files fetched at once, for corpora of single files.
    """

    incoming: Path
    mirror: str | None
    fetcher: Fetcher
    workers: int

    def bring(self, corpus: str, manifest: Manifest, folder: Path) -> None:
        """Put a corpus's files under ``folder``, all of them or none.

        Raises:
            DownloadError: a file cannot be had, or is not what its checksum says.
            ArchiveError: an archive is broken.
        """
        self.incoming.mkdir(parents=True, exist_ok=True)
        if self.mirror:
            archive = self.fetcher.mirrored_archive(self.mirror, corpus, self.incoming)
            unpack(archive, folder, progress=self.fetcher.progress)
        elif manifest.by_hand:
            unpack(self._by_hand(corpus, manifest), folder, progress=self.fetcher.progress)
        elif manifest.files:
            self._bring_files(corpus, manifest, folder)
        else:
            for address in manifest.archives:
                archive = self.fetcher.fetch(address.remote(), self.incoming)
                unpack(archive, folder, progress=self.fetcher.progress)

    def available(self, corpus: str, manifest: Manifest) -> bool:
        """Whether an optional corpus can be had here without a person's help."""
        if self.mirror:
            if self.mirror.startswith(("http://", "https://")):
                try:
                    self.fetcher.mirrored_archive(self.mirror, corpus, self.incoming)
                except DownloadError:
                    return False
                return True
            return (Path(self.mirror) / f"{corpus}.zip").is_file()
        if manifest.by_hand:
            return (self.incoming / manifest.by_hand.archive).is_file()
        return True

    def _by_hand(self, corpus: str, manifest: Manifest) -> Path:
        assert manifest.by_hand is not None
        archive = self.incoming / manifest.by_hand.archive
        if not archive.is_file():
            raise DownloadError(
                f"{corpus} cannot be downloaded by a program: register at "
                f"{manifest.by_hand.registration}, then put {manifest.by_hand.archive} "
                f"into {self.incoming}/ and run this again"
            )
        return archive

    def _bring_files(self, corpus: str, manifest: Manifest, folder: Path) -> None:
        """Single files stay in ``incoming`` until all are there, so that a kill costs nothing."""
        store = self.incoming / corpus
        remote = [*(table.remote() for table in manifest.tables), *manifest.recordings()]
        paths = self.fetcher.fetch_many(remote, store, workers=self.workers)
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for path in paths:
            target = partial / path.relative_to(store)
            target.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(path, target)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for the same bytes where the file system allows, a copy elsewhere."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
