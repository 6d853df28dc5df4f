"""Bring a dataset's corpora to ``data/corpora/<dataset>/<corpus>/``."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.config.base import load
from pipeline.config.corpora import CorpusSettings, DatasetSettings, DownloadSettings
from pipeline.core.storage import write_json
from pipeline.corpora import registry
from pipeline.corpora.fetch.download import Fetcher
from pipeline.corpora.fetch.source import Sources


def main(name: str) -> None:
    dataset = load(DatasetSettings, "datasets", name)
    settings = load(DownloadSettings, "download")
    fetcher = Fetcher(retries=settings.retries, timeout=settings.timeout, backoff=settings.backoff)
    mirror = os.environ.get("SER_MIRROR") or settings.mirror
    sources = Sources(
        incoming=Path("data/incoming"), mirror=mirror, fetcher=fetcher, workers=settings.workers
    )
    folder = Path("data/corpora") / name
    folder.mkdir(parents=True, exist_ok=True)
    absent = []
    for corpus in dataset.corpora:
        item: CorpusSettings = load(CorpusSettings, "corpora", corpus)  # type: ignore[arg-type]
        described = registry.describe(item)
        if corpus in dataset.optional and not sources.available(corpus, described):
            print(f"{corpus}: optional and not here; going on without it", flush=True)
            absent.append(corpus)
            continue
        print(described.licence_notice(), flush=True)
        registry.fetch(folder / corpus, item, sources)
    write_json(folder / "absent.json", absent)
