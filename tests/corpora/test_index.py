"""One table per dataset, with defects found by decoding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config.corpora import CorpusSettings, DemoCorpus, IndexSettings, PublicCorpus
from pipeline.core.errors import CorpusError
from pipeline.corpora import registry
from pipeline.corpora.index import table as tables
from pipeline.corpora.index.build import Index, build
from pipeline.reports import dataset_card
from tests.conftest import Record

PARTIAL: dict[str, CorpusSettings] = {
    "ravdess": PublicCorpus(kind="public", corpus="ravdess", complete=False)
}


def name(emotion: int, take: int, actor: int = 1) -> str:
    return f"ravdess/Actor_{actor:02}/03-01-{emotion:02}-01-01-{take:02}-{actor:02}.wav"


def indexed(folder: Path, settings: IndexSettings) -> Index:
    return build(folder / "ravdess", PARTIAL, settings, progress=False)


def test_same_sound_under_one_label_is_a_duplicate_and_stays_in(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1), seed=1)
    record(name(3, 2), seed=1)
    record(name(4, 1), seed=2)
    table = indexed(tmp_path, index_settings).table
    assert tables.groups(table) == {
        "duplicate": [["ravdess/03-01-03-01-01-01-01", "ravdess/03-01-03-01-01-02-01"]]
    }
    assert (table["left_out"] == "").all()


def test_same_sound_under_two_labels_is_a_conflict_and_left_out(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1), seed=1)
    record(name(4, 1), seed=1)
    record(name(5, 1), seed=2)
    table = indexed(tmp_path, index_settings).table
    assert list(table["left_out"]) == ["conflict", "conflict", ""]


def test_a_broken_clip_is_set_aside_and_the_rest_indexed(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1), seed=1)
    broken = record(name(4, 1), seed=2)
    broken.write_bytes(b"")
    made = indexed(tmp_path, index_settings)
    assert list(made.table["left_out"]) == ["", "unreadable"]
    assert made.errors == {"ravdess/03-01-04-01-01-01-01": "empty file"}


def test_a_clip_unlike_the_rest_of_its_corpus_is_flagged(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    for take, emotion in ((1, 2), (2, 2), (1, 3)):
        record(name(emotion, take), seed=emotion * 10 + take)
    record(name(4, 1), seed=7, rate=96_000)
    record(name(5, 1), seed=8, channels=2)
    flags = tables.groups(indexed(tmp_path, index_settings).table)
    assert flags == {
        "channels": ["ravdess/03-01-05-01-01-01-01"],
        "rate": ["ravdess/03-01-04-01-01-01-01"],
    }


def test_paths_count_from_the_folder_of_the_dataset(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1), seed=1)
    record("savee/DC/a01.wav", seed=2)
    alone = indexed(tmp_path, index_settings).table
    corpora = {**PARTIAL, "savee": PublicCorpus(kind="public", corpus="savee", complete=False)}
    both = build(tmp_path, corpora, index_settings, progress=False).table
    assert list(alone["path"]) == ["Actor_01/03-01-03-01-01-01-01.wav"]
    assert list(both["path"]) == ["ravdess/Actor_01/03-01-03-01-01-01-01.wav", "savee/DC/a01.wav"]


def test_two_silent_clips_are_not_copies_of_one_another(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1), gain=0.0)
    record(name(4, 1), gain=0.0)
    assert set(tables.groups(indexed(tmp_path, index_settings).table)) == {"silent"}


def test_a_missing_clip_stops_a_corpus_that_must_be_complete(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1))
    complete: dict[str, CorpusSettings] = {
        "ravdess": PublicCorpus(kind="public", corpus="ravdess", complete=True)
    }
    with pytest.raises(CorpusError) as caught:
        build(tmp_path / "ravdess", complete, index_settings, progress=False)
    line = str(caught.value)
    assert line.startswith("ravdess: 1 clips, 1440 expected; missing ravdess/03-01-01-01-01-01-01,")
    assert "set corpora.ravdess.complete: false" in line


def test_an_extra_clip_is_named(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    for clip in registry.expected("demo", DemoCorpus(kind="demo", speakers=2, seed=1))[1]:
        record(f"demo/Actor/{clip.removeprefix('demo/')}.wav", seconds=0.01)
    record("demo/Actor/03-01-02-01-01-01-09.wav", seconds=0.01)
    demo: dict[str, CorpusSettings] = {"demo": DemoCorpus(kind="demo", speakers=2, seed=1)}
    with pytest.raises(CorpusError, match="121 clips, 120 expected; unknown demo/03-01-02"):
        build(tmp_path / "demo", demo, index_settings, progress=False)


def test_a_name_that_does_not_parse_is_counted_and_noted(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1))
    record("ravdess/Actor_01/notes.wav")
    made = indexed(tmp_path, index_settings)
    assert made.unparsed == {"ravdess": ("Actor_01/notes.wav",)}
    assert "ravdess: Actor_01/notes.wav: the name does not parse; set aside" in made.notes


def test_the_table_reads_back_as_it_was_written(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1), seed=1)
    record(name(4, 1), seed=2)
    made = indexed(tmp_path, index_settings)
    tables.write(made.table, tmp_path / "ravdess.csv")
    assert tables.read(tmp_path / "ravdess.csv").equals(made.table.astype(tables.TEXT))


def test_the_same_files_give_the_same_bytes(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    for take in (1, 2):
        record(name(3, take), seed=take)
    for copy in ("a.csv", "b.csv"):
        tables.write(indexed(tmp_path, index_settings).table, tmp_path / copy)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_an_absent_table_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="ser run index@demo"):
        tables.read(tmp_path / "demo/clips.csv")


def test_the_card_shows_licence_counts_and_defects(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record(name(3, 1), seed=1)
    record(name(4, 1), gain=0.0)
    described = {"ravdess": registry.describe(PARTIAL["ravdess"])}
    summary = dataset_card.write(
        indexed(tmp_path, index_settings), "ravdess", described, tmp_path / "card"
    )
    text = (tmp_path / "card/card.md").read_text()
    assert "CC BY-NC-SA 4.0" in text
    assert "not for commercial use" in text
    assert "**silent** (1): ravdess/03-01-04-01-01-01-01" in text
    assert "clips here: 2 of 1440 published" in text
    assert (tmp_path / "card/card.png").stat().st_size > 10_000
    assert summary["left_out"] == 1


def test_a_synthetic_dataset_says_so(
    record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    ids = registry.expected("demo", DemoCorpus(kind="demo", speakers=2, seed=1))[1]
    for number, clip in enumerate(sorted(ids)):
        record(f"demo/Actor/{clip.removeprefix('demo/')}.wav", seed=number, seconds=0.3)
    demo: dict[str, CorpusSettings] = {"demo": DemoCorpus(kind="demo", speakers=2, seed=1)}
    made = build(tmp_path / "demo", demo, index_settings, progress=False)
    described = {"demo": registry.describe(demo["demo"])}
    summary = dataset_card.write(made, "demo", described, tmp_path / "card")
    assert "Synthetic speech" in (tmp_path / "card/card.md").read_text()
    assert "synthetic" in dataset_card.sentence("demo", summary)


@pytest.mark.slow
@pytest.mark.recordings
def test_ravdess_has_one_pair_of_equal_takes(
    unpacked: Callable[[str], Path], index_settings: IndexSettings
) -> None:
    folder = unpacked("ravdess")
    complete: dict[str, CorpusSettings] = {
        "ravdess": PublicCorpus(kind="public", corpus="ravdess", complete=True)
    }
    table = build(folder, complete, index_settings, progress=False).table
    flags = tables.groups(table)
    assert len(table) == 1440
    assert flags["duplicate"] == [["ravdess/03-01-03-01-02-01-07", "ravdess/03-01-03-01-02-02-07"]]
    assert len(flags["channels"]) == 5


@pytest.mark.slow
@pytest.mark.recordings
def test_crema_d_has_a_silent_clip_and_three_conflicting_pairs(
    unpacked: Callable[[str], Path], index_settings: IndexSettings
) -> None:
    folder = unpacked("crema-d")
    complete: dict[str, CorpusSettings] = {
        "crema-d": PublicCorpus(kind="public", corpus="crema-d", complete=True)
    }
    table = build(folder, complete, index_settings, progress=False).table
    flags = tables.groups(table)
    assert len(table) == 7442
    assert flags["silent"] == ["crema-d/1076_MTI_SAD_XX"]
    assert sorted(map(sorted, flags["conflict"])) == [
        ["crema-d/1006_TIE_HAP_XX", "crema-d/1006_TIE_NEU_XX"],
        ["crema-d/1013_WSI_DIS_XX", "crema-d/1013_WSI_SAD_XX"],
        ["crema-d/1017_IWW_ANG_XX", "crema-d/1017_IWW_FEA_XX"],
    ]
    assert int((table["left_out"] != "").sum()) == 7
