"""Your own recordings: a CSV, or a folder per emotion."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.corpora import FolderCorpus
from pipeline.core.errors import CorpusError
from pipeline.corpora import folder
from tests.conftest import Record


def settings(path: Path, table: str | None = None, **emotions: str) -> FolderCorpus:
    return FolderCorpus(
        kind="folder",
        source=str(path),
        table=table,
        emotions=emotions,
        title="Our lab",
        licence="private",
        citation="",
        non_commercial=True,
    )


def write_table(path: Path, *lines: str) -> None:
    (path / "clips.csv").write_text("\n".join(["path,emotion,speaker,age", *lines]) + "\n")


def test_a_table_gives_emotion_speaker_and_more(record: Record, tmp_path: Path) -> None:
    record("lab/a/1.wav")
    write_table(tmp_path / "lab", "a/1.wav,angry,anna,31")
    chosen = settings(tmp_path / "lab", "clips.csv")
    folder.link(tmp_path / "out", "lab", chosen)
    (clip,) = folder.clips(tmp_path / "out", "lab", chosen).clips
    assert (clip.id, clip.speaker, clip.emotion, clip.age) == ("lab/a/1", "lab-anna", "angry", 31)


def test_a_folder_per_emotion_needs_no_table(record: Record, tmp_path: Path) -> None:
    record("lab/sad/anna_1.wav")
    record("lab/angry/bert/1.wav")
    folder.link(tmp_path / "out", "lab", settings(tmp_path / "lab"))
    clips = folder.clips(tmp_path / "out", "lab", settings(tmp_path / "lab")).clips
    assert {(clip.speaker, clip.emotion) for clip in clips} == {
        ("lab-anna", "sad"),
        ("lab-bert", "angry"),
    }


def test_your_own_labels_are_translated(record: Record, tmp_path: Path) -> None:
    record("lab/Wut/anna_1.wav")
    (clip,) = folder.clips(tmp_path / "lab", "lab", settings(tmp_path / "lab", Wut="angry")).clips
    assert clip.emotion == "angry"


def test_a_label_that_is_not_translated_keeps_its_own_name(record: Record, tmp_path: Path) -> None:
    record("lab/Longing/anna_1.wav")
    (clip,) = folder.clips(tmp_path / "lab", "lab", settings(tmp_path / "lab")).clips
    assert clip.emotion == "longing"


def test_a_translation_settles_what_looks_misspelt(record: Record, tmp_path: Path) -> None:
    record("lab/anger/anna_1.wav")
    chosen = settings(tmp_path / "lab", anger="anger")
    (clip,) = folder.clips(tmp_path / "lab", "lab", chosen).clips
    assert clip.emotion == "anger"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["gone.wav,angry,anna,"], "gone.wav is not in"),
        (["1.wav,angyr,anna,"], r"clips\.csv line 2: emotion 'angyr': did you mean 'angry'"),
        (["1.wav,angry,anna,", "1.wav,sad,anna,"], "line 3: 1.wav was listed on line 2"),
        (["1.wav,so sad,anna,"], "emotion 'so sad' is not written like"),
        (["1.wav,angry,,"], "the speaker is empty"),
        (["../1.wav,angry,anna,"], "must lie inside"),
        (["1.wav,angry,anna,old"], "age 'old' is not a whole number"),
        ([], "lists no recording"),
    ],
)
def test_a_wrong_table_is_refused_whole(
    record: Record, tmp_path: Path, lines: list[str], reason: str
) -> None:
    record("lab/1.wav")
    write_table(tmp_path / "lab", *lines)
    with pytest.raises(CorpusError, match=reason):
        folder.link(tmp_path / "out", "lab", settings(tmp_path / "lab", "clips.csv"))
    assert not (tmp_path / "out").exists()


def test_a_table_without_the_columns_names_them(record: Record, tmp_path: Path) -> None:
    record("lab/1.wav")
    (tmp_path / "lab/recordings.csv").write_text("file,label\n1.wav,angry\n")
    with pytest.raises(CorpusError, match="no column 'path'"):
        folder.clips(tmp_path / "lab", "lab", settings(tmp_path / "lab", "clips.csv"))


def test_an_absent_folder_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        folder.link(tmp_path / "out", "lab", settings(tmp_path / "nowhere"))
