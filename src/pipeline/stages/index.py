"""Write a dataset's table of clips and its card."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.config.base import load
from pipeline.config.corpora import CorpusSettings, DatasetSettings, IndexSettings
from pipeline.core.errors import CorpusError
from pipeline.corpora import registry
from pipeline.corpora.index import build, table
from pipeline.reports import dataset_card


def main(name: str) -> None:
    dataset = load(DatasetSettings, "datasets", name)
    folder = Path("data/corpora") / name
    if not (folder / "absent.json").is_file():
        raise CorpusError(f"{folder}: not downloaded; run: dvc repro index@{name}")
    absent = json.loads((folder / "absent.json").read_text(encoding="utf-8"))
    corpora: dict[str, CorpusSettings] = {
        corpus: load(CorpusSettings, "corpora", corpus)  # type: ignore[arg-type]
        for corpus in dataset.corpora
        if corpus not in absent
    }
    made = build.build(folder, corpora, load(IndexSettings, "index"), absent=absent)
    table.write(made.table, Path("data/index") / f"{name}.csv")
    described = {corpus: registry.describe(item) for corpus, item in corpora.items()}
    summary = dataset_card.write(made, name, described, Path("reports/datasets") / name)
    print(dataset_card.sentence(name, summary))
    for note in made.notes:
        print(f"note: {note}")
