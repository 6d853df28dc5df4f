"""The card of a dataset for machines."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.corpora import CorpusSettings, IndexSettings, PublicCorpus
from pipeline.corpora import registry
from pipeline.corpora.index.build import build
from pipeline.corpora.index.table import COLUMNS
from pipeline.reports import croissant, dataset_card
from tests.conftest import Record


@pytest.fixture
def card(record: Record, tmp_path: Path, index_settings: IndexSettings) -> Path:
    """A folder with the card of two clips of RAVDESS."""
    record("ravdess/03-01-03-01-01-01-01.wav", seed=1)
    record("ravdess/03-01-04-01-01-01-02.wav", seed=2)
    corpora: dict[str, CorpusSettings] = {
        "ravdess": PublicCorpus(kind="public", corpus="ravdess", complete=False)
    }
    made = build(tmp_path / "ravdess", corpora, index_settings, progress=False)
    described = {name: registry.describe(item) for name, item in corpora.items()}
    dataset_card.write(made, "ravdess", described, tmp_path / "card")
    return tmp_path / "card"


@pytest.fixture
def content(card: Path) -> dict[str, Any]:
    """What the file says."""
    data: dict[str, Any] = json.loads((card / "croissant.json").read_text())
    return data


def test_it_names_licence_citation_and_the_table(card: Path, content: dict[str, Any]) -> None:
    (table,) = content["distribution"]
    assert content["license"] == ["https://creativecommons.org/licenses/by-nc-sa/4.0/"]
    assert "10.1371/journal.pone.0196391" in content["citeAs"]
    assert table["sha256"] == hashlib.sha256((card / table["contentUrl"]).read_bytes()).hexdigest()


def test_it_describes_every_column_of_the_table(content: dict[str, Any]) -> None:
    assert tuple(croissant.COLUMNS) == COLUMNS
    fields = content["recordSet"][0]["field"]
    assert [field["source"]["extract"]["column"] for field in fields] == list(COLUMNS)


def test_mlcommons_own_reader_accepts_it(card: Path) -> None:
    reason = "mlcroissant is not installed; it is in the dev dependency group"
    reader = pytest.importorskip("mlcroissant", reason=reason)
    dataset = reader.Dataset(jsonld=str(card / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    rows = list(dataset.records("clips"))
    assert [row["clips/emotion"] for row in rows] == [b"happy", b"sad"]
    assert rows[0]["clips/seconds"] == pytest.approx(0.5)
