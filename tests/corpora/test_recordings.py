"""A table of your own recordings, as labs, spreadsheets and other tools write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.corpora import FolderCorpus
from pipeline.core.errors import CorpusError
from pipeline.corpora import folder
from pipeline.corpora.clip import Clip
from tests.conftest import Record

FIELDS: dict[str, Any] = {
    "kind": "folder",
    "table": "clips.csv",
    "emotions": {},
    "title": "Our lab",
    "licence": "private",
    "citation": "",
    "non_commercial": True,
}


@pytest.fixture
def lab(record: Record, tmp_path: Path) -> Path:
    """A folder with three recordings of two people."""
    for number, path in enumerate(("a/1.wav", "a/2.wav", "b/1.wav")):
        record(f"lab/{path}", seed=number)
    return tmp_path / "lab"


def settings(lab: Path, **changes: Any) -> FolderCorpus:
    return FolderCorpus(**{**FIELDS, "source": str(lab), **changes})


def read(lab: Path, content: str | bytes, **changes: Any) -> tuple[Clip, ...]:
    """Link the recordings of a table and read them back."""
    data = content if isinstance(content, bytes) else content.encode()
    chosen = settings(lab, **changes)
    (lab / str(chosen.table)).write_bytes(data)
    folder.link(lab.parent / "out", "lab", chosen)
    return folder.clips(lab.parent / "out", "lab", chosen).clips


def refusal(lab: Path, content: str, **changes: Any) -> str:
    """What is said of a table that is refused."""
    with pytest.raises(CorpusError) as error:
        read(lab, content, **changes)
    assert not (lab.parent / "out").exists()
    return str(error.value)


def test_all_that_is_wrong_is_said_at_once(lab: Path) -> None:
    said = refusal(
        lab,
        "path,emotion,speaker,sex,age\n"
        "a/1.wav,angyr,anna,female,31\n"
        "a/2.wav,sad,,x,old\n"
        "a/3.wav,sad,anna,female,31\n"
        "a/1.wav,sad,Anna,male,31\n",
    )
    first, *lines = said.splitlines()
    assert first == f"{lab}/clips.csv: 8 errors; correct them all and run again"
    assert [line.partition(": ")[0].strip() for line in lines] == [
        "line 2", "line 3", "line 3", "line 3", "line 4", "line 5", "line 5", "line 5"
    ]  # fmt: skip
    assert "emotion 'angyr': did you mean 'angry'?" in lines[0]
    assert "the speaker is empty" in lines[1]
    assert "sex 'x' is none of female (f, w), male (m) and empty" in lines[2]
    assert "age 'old' is not a whole number" in lines[3]
    assert f"a/3.wav is not in {lab}; add the file or remove the line" in lines[4]
    assert "a/1.wav was listed on line 2; remove one of them" in lines[5]
    assert "speaker 'Anna' was written 'anna' on line 2; write it alike" in lines[6]
    assert "speaker 'Anna' is male here and female on line 2" in lines[7]


def test_of_many_errors_twenty_are_shown_and_the_others_counted(lab: Path) -> None:
    rows = "".join(f"gone-{number}.wav,sad,anna\n" for number in range(30))
    lines = refusal(lab, f"path,emotion,speaker\n{rows}").splitlines()
    assert lines[0].endswith("30 errors; correct them all and run again")
    assert len(lines) == 22
    assert lines[-1] == "  … and 10 more"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_separator_is_found(lab: Path, mark: str) -> None:
    table = mark.join(("path", "emotion", "speaker", "statement")) + "\n"
    table += mark.join(("a/1.wav", "sad", "anna", '"Oh, no; no."')) + "\n"
    (clip,) = read(lab, table)
    assert (clip.speaker, clip.statement) == ("lab-anna", "Oh, no; no.")


def test_a_value_with_a_bare_separator_is_named(lab: Path) -> None:
    said = refusal(lab, "path,emotion,speaker,statement\na/1.wav,sad,anna,Oh, no\n")
    assert "clips.csv line 2: 5 values for 4 columns; put a value with ',' in it into" in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_save_is_read(lab: Path, encoding: str) -> None:
    table = "path\temotion\tspeaker\r\na/1.wav\tsad\tJürgen\r\n"
    (clip,) = read(lab, table.encode(encoding))
    assert clip.speaker == "lab-Jürgen"


def test_latin_1_is_read_and_said(lab: Path) -> None:
    (lab / "clips.csv").write_bytes("path;emotion;speaker\na/1.wav;sad;Jürgen\n".encode("latin-1"))
    (note,) = folder.link(lab.parent / "out", "lab", settings(lab))
    assert "is not UTF-8 and was read as Latin-1 (Windows-1252); save it as UTF-8" in note
    (clip,) = folder.clips(lab.parent / "out", "lab", settings(lab)).clips
    assert clip.speaker == "lab-Jürgen"


def test_a_spreadsheet_itself_is_refused(lab: Path) -> None:
    assert "is no text; save it as CSV, not as a spreadsheet" in refusal(lab, "PK\3\4\0\0\0")


@pytest.mark.parametrize(
    ("written", "sex"),
    [("f", "female"), ("F", "female"), ("w", "female"), ("Female", "female"), ("m", "male"),
     ("M", "male"), ("MALE", "male"), ("", "")],
)  # fmt: skip
def test_sex_may_be_written_short(lab: Path, written: str, sex: str) -> None:
    (clip,) = read(lab, f"path,emotion,speaker,sex\na/1.wav,sad,anna,{written}\n")
    assert clip.sex == sex


def test_a_whole_number_may_be_written_as_pandas_writes_it(lab: Path) -> None:
    (clip,) = read(lab, "path,emotion,speaker,age\na/1.wav,sad,anna,31.0\n")
    assert clip.age == 31


def test_empty_lines_are_no_recordings(lab: Path) -> None:
    assert len(read(lab, "path,emotion,speaker\n\na/1.wav,sad,anna\n,,\n")) == 1


def test_an_absolute_path_inside_the_folder_is_taken(lab: Path) -> None:
    (clip,) = read(lab, f"path,emotion,speaker\n{lab}/a/1.wav,sad,anna\n")
    assert (clip.id, clip.path) == ("lab/a/1", "a/1.wav")


def test_a_path_of_windows_is_taken(lab: Path) -> None:
    (clip,) = read(lab, "path,emotion,speaker\na\\1.wav,sad,anna\n")
    assert clip.path == "a/1.wav"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/elsewhere/1.wav", "must lie inside"),
        ("../1.wav", "must lie inside"),
        ("", "path is empty; write the file's path"),
        ("a/1.WAV", "is not in .*; did you mean '1.wav'?"),
        ("a/1.flac", "is not in .*; did you mean '1.wav'?"),
        ("a", "is not in"),
    ],
)
def test_a_path_that_is_no_recording_of_the_folder(lab: Path, path: str, words: str) -> None:
    chosen = settings(lab)
    (lab / "clips.csv").write_text(f"path,emotion,speaker\n{path},sad,anna\n")
    with pytest.raises(CorpusError, match=rf"clips\.csv line 2: .*{words}"):
        folder.link(lab.parent / "out", "lab", chosen)


def test_two_files_that_would_be_one_clip_are_refused(lab: Path, record: Record) -> None:
    record("lab/a/1.flac", form="FLAC")
    table = "path,emotion,speaker\na/1.wav,sad,anna\na/1.flac,sad,anna\n"
    said = refusal(lab, table)
    assert "clips.csv line 3: a/1.flac differs from a/1.wav on line 2 by its ending" in said


def test_the_metadata_of_a_hugging_face_audio_folder_is_read(lab: Path) -> None:
    clips = read(
        lab,
        "file_name,label,speaker_id,gender,transcription\n"
        "a/1.wav,boredom,12,F,Dogs sit by the door\n"
        "b/1.wav,neutral,7,M,Kids talk by the door\n",
        table="metadata.csv",
        columns={
            "path": "file_name",
            "emotion": "label",
            "speaker": "speaker_id",
            "sex": "gender",
            "statement": "transcription",
        },
    )
    assert [(clip.emotion, clip.speaker, clip.sex) for clip in clips] == [
        ("boredom", "lab-12", "female"),
        ("neutral", "lab-7", "male"),
    ]
    assert clips[0].statement == "Dogs sit by the door"


def test_a_table_of_audformat_is_read(lab: Path) -> None:
    table = "file,emotion,speaker,emotion.agreement\na/1.wav,boredom,3,0.9\nb/1.wav,happy,4,1.0\n"
    clips = read(lab, table, table="db.emotion.csv", columns={"path": "file"})
    assert [clip.emotion for clip in clips] == ["boredom", "happy"]


def test_lines_that_are_parts_of_a_file_are_refused(lab: Path) -> None:
    said = refusal(
        lab,
        "file,start,end,emotion,speaker\n"
        "a/1.wav,0 days,0 days 00:00:01,sad,3\na/1.wav,0 days 00:00:01,,happy,3\n",
        columns={"path": "file"},
    )
    assert "a/1.wav was listed on line 2; cut the parts into files of their own" in said


@pytest.mark.parametrize(
    ("header", "columns", "words"),
    [
        ("file,emotion,speaker", None, "no column 'path'; it may be: file, emotion, speaker; the "),
        ("pth,label", None, "no column 'path', 'emotion', 'speaker'; did you mean 'pth'?"),
        ("path,emotion,speaker,path", None, "the column 'path' is there twice; rename one"),
        ("file,emotion,speaker", {"path": "file", "sex": "gender"}, "no column 'gender'"),
        ("", None, "no column 'path', 'emotion', 'speaker'; the first line must name path,"),
    ],
)
def test_a_first_line_without_the_columns_says_what_is_missing(
    lab: Path, header: str, columns: dict[str, str] | None, words: str
) -> None:
    assert words in refusal(lab, f"{header}\na/1.wav,sad,anna\n", columns=columns)


def test_columns_belong_to_a_table(lab: Path) -> None:
    with pytest.raises(ValueError, match="name the table, or set columns: null"):
        settings(lab, table=None, columns={"path": "file"})


def test_all_that_is_wrong_with_folders_is_said_at_once(record: Record, tmp_path: Path) -> None:
    record("lab/angyr/anna_1.wav")
    record("lab/so sad/anna_2.wav")
    with pytest.raises(CorpusError, match="2 errors; correct them all") as error:
        folder.link(tmp_path / "out", "lab", settings(tmp_path / "lab", table=None))
    assert "angyr/anna_1.wav: emotion 'angyr': did you mean 'angry'?" in str(error.value)
    assert "so sad/anna_2.wav: emotion 'so sad' is not written like" in str(error.value)
