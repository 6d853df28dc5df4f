"""What each corpus's file names say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.corpora import DemoCorpus, PublicCorpus
from pipeline.core.errors import CorpusError
from pipeline.corpora import naming, registry
from pipeline.corpora.clip import Clip
from pipeline.corpora.description import known, load
from tests.conftest import Record


def public(corpus: str) -> PublicCorpus:
    return PublicCorpus(kind="public", corpus=corpus, complete=False)


def read(corpus: str, path: str) -> Clip | None:
    return naming.read_name(path, corpus, load(corpus).names())


def test_ravdess_codes_the_whole_design() -> None:
    assert read("ravdess", "Actor_12/03-01-01-01-02-02-12.wav") == Clip(
        id="ravdess/03-01-01-01-02-02-12",
        corpus="ravdess",
        path="Actor_12/03-01-01-01-02-02-12.wav",
        speaker="ravdess-12",
        sex="female",
        emotion="neutral",
        intensity="normal",
        statement="dogs",
        repetition=2,
    )


NAMES = [
    ("cafe", "CaFE/Faible/01-C-1-1.wav", "01", "male", "angry"),
    ("cafe", "CaFE/12-J-2-6.aiff", "12", "female", "happy"),
    ("emodb", "wav/03a01Wa.wav", "03", "male", "angry"),
    ("emodb", "wav/08b10Lb.wav", "08", "female", "boredom"),
    ("emodb", "wav/16a07Ec.wav", "16", "female", "disgust"),
    ("emovo", "EMOVO/f2/gio-f2-b2.wav", "f2", "female", "happy"),
    ("emovo", "EMOVO/m3/tri-m3-n5.wav", "m3", "male", "sad"),
    (
        "jl-corpus",
        "JL(wav+txt)/female1_angry_10a_1.wav",
        "female1",
        "female",
        "angry",
    ),
    ("jl-corpus", "male2_encouraging_3b_2.wav", "male2", "male", "encouraging"),
    ("nemo", "nEMO-main/samples/EB0_surprised_88.wav", "EB0", "", "surprise"),
    ("savee", "AudioData/KL/su15.wav", "KL", "male", "surprise"),
    ("shemo", "shemo-female/female/F21W09.wav", "F21", "female", "surprise"),
    ("shemo", "male/M05N21.wav", "M05", "male", "neutral"),
    ("subesco", "SUBESCO/F_02_MONIKA_S_1_NEUTRAL_5.wav", "F_02", "female", "neutral"),
    ("subesco", "SUBESCO/M_10_BASHIR_S_10_HAPPY_1.wav", "M_10", "male", "happy"),
    ("tess", "OAF_fear/OAF_food_fear.wav", "OAF", "female", "fear"),
    ("urdu", "URDU-Dataset-master/Angry/SM1_F10_A017.wav", "SM1", "male", "angry"),
    ("urdu", "Happy/SF6_F3_H027.wav", "SF6", "female", "happy"),
]


@pytest.mark.parametrize(("corpus", "path", "speaker", "sex", "emotion"), NAMES)
def test_a_name_says_speaker_sex_and_emotion(
    corpus: str, path: str, speaker: str, sex: str, emotion: str
) -> None:
    clip = read(corpus, path)
    assert clip is not None
    found = (clip.speaker, clip.sex, clip.emotion)
    assert found == (f"{corpus}-{speaker}", sex, emotion)


def test_every_known_corpus_has_an_example() -> None:
    elsewhere = {"crema-d", "demo", "ravdess"}
    assert {name for name, *_ in NAMES} | elsewhere == set(known())


def test_names_say_more_where_a_corpus_codes_more() -> None:
    emodb = read("emodb", "wav/03a01Fb.wav")
    cafe = read("cafe", "03-T-2-4.wav")
    subesco = read("subesco", "F_02_MONIKA_S_2_SURPRISE_3].wav")
    assert emodb is not None
    assert (emodb.statement, emodb.repetition, emodb.age) == ("a01", 2, 31)
    assert cafe is not None
    assert (cafe.statement, cafe.intensity, cafe.age) == ("4", "strong", 18)
    assert subesco is not None
    assert (subesco.id, subesco.repetition) == ("subesco/F_02_S_2_SURPRISE_3", 3)


def test_tess_ps_is_surprise_and_the_misspelt_speaker_is_oaf() -> None:
    clip = read("tess", "OAF_Pleasant_surprise/OA_bite_ps.wav")
    assert clip is not None
    assert (clip.id, clip.speaker, clip.emotion) == ("tess/OAF_bite_ps", "tess-OAF", "surprise")


def test_savee_takes_the_speaker_from_the_folder_or_the_name() -> None:
    nested, flat = read("savee", "AudioData/KL/su15.wav"), read("savee", "KL_su15.wav")
    assert nested is not None
    assert flat is not None
    assert nested.id == flat.id == "savee/KL_su15"


@pytest.mark.parametrize(
    ("corpus", "path"),
    [
        ("ravdess", "03-01-09-01-01-01-01.wav"),
        ("ravdess", "03-02-01-01-01-01-01.wav"),
        ("ravdess", "copy of 03-01-01-01-01-01-01.wav"),
        ("emodb", "99a01Fa.wav"),
        ("tess", "XAF_bite_sad.wav"),
        ("savee", "DC/q01.wav"),
        ("savee", "XY/a01.wav"),
        ("jl-corpus", "male1_furious_1a_1.wav"),
        ("cafe", "13-C-1-1.wav"),
    ],
)
def test_a_name_that_does_not_parse_is_no_clip(corpus: str, path: str) -> None:
    assert read(corpus, path) is None


def crema_d(tmp_path: Path, vote: str, level: str) -> Path:
    """A folder with CREMA-D's two tables, of one actor and one clip."""
    (tmp_path / "processedResults").mkdir()
    (tmp_path / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n1001,51,Male\n")
    (tmp_path / "processedResults/summaryTable.csv").write_text(
        f"FileName,VoiceVote,VoiceLevel\n1001_IEO_HAP_LO,{vote},{level}\n"
    )
    return tmp_path


def test_crema_ds_tables_say_age_sex_and_what_listeners_perceived(
    record: Record, tmp_path: Path
) -> None:
    record("AudioWAV/1001_IEO_HAP_LO.wav")
    folder = crema_d(tmp_path, "N", "71.67")
    (clip,) = registry.clips(folder, "crema-d", public("crema-d")).clips
    assert (clip.sex, clip.age, clip.intensity, clip.statement) == ("male", 51, "low", "IEO")
    assert (clip.emotion, clip.perceived, clip.agreement) == ("happy", "neutral", 0.7167)


def test_a_tie_between_listeners_is_no_emotion(record: Record, tmp_path: Path) -> None:
    record("AudioWAV/1001_IEO_HAP_LO.wav")
    folder = crema_d(tmp_path, "N:S", "40:40")
    (clip,) = registry.clips(folder, "crema-d", public("crema-d")).clips
    assert (clip.perceived, clip.agreement) == ("", 0.0)


def test_a_clip_without_a_required_row_is_set_aside(record: Record, tmp_path: Path) -> None:
    record("AudioWAV/1001_IEO_HAP_LO.wav")
    record("AudioWAV/1099_IEO_HAP_LO.wav")
    found = registry.clips(crema_d(tmp_path, "N", "71.67"), "crema-d", public("crema-d"))
    assert found.unparsed == ("AudioWAV/1099_IEO_HAP_LO.wav",)


def test_a_missing_table_is_named(record: Record, tmp_path: Path) -> None:
    record("AudioWAV/1001_DFA_SAD_XX.wav")
    with pytest.raises(CorpusError, match=r"VideoDemographics\.csv: missing"):
        registry.clips(tmp_path, "crema-d", public("crema-d"))


def test_a_table_without_its_column_is_named(record: Record, tmp_path: Path) -> None:
    record("AudioWAV/1001_DFA_SAD_XX.wav")
    (tmp_path / "VideoDemographics.csv").write_text("ActorID,Age\n1001,51\n")
    with pytest.raises(CorpusError, match="has no column 'Sex'"):
        registry.clips(tmp_path, "crema-d", public("crema-d"))


def test_a_table_may_lie_where_the_archive_has_it(record: Record, tmp_path: Path) -> None:
    record("nEMO-main/samples/KD0_anger_90.wav")
    (tmp_path / "nEMO-main/data.tsv").write_text(
        'file_id\temotion\traw_text\tgender\tage\nKD0_anger_90.wav\tanger\t"Tak\tfemale\t28\n'
    )
    (clip,) = registry.clips(tmp_path, "nemo", public("nemo")).clips
    assert (clip.sex, clip.age) == ("female", 28)


def test_what_does_not_parse_is_set_aside_and_listed(record: Record, tmp_path: Path) -> None:
    record("Actor_01/03-01-01-01-01-01-01.wav")
    record("Actor_01/copy of 03-01-01-01-01-01-01.wav")
    found = registry.clips(tmp_path, "ravdess", public("ravdess"))
    assert [clip.id for clip in found.clips] == ["ravdess/03-01-01-01-01-01-01"]
    assert found.unparsed == ("Actor_01/copy of 03-01-01-01-01-01-01.wav",)


def test_two_files_of_one_clip_are_refused(record: Record, tmp_path: Path) -> None:
    record("Actor_01/03-01-01-01-01-01-01.wav")
    record("Actor_01/03-01-01-01-01-01-01.flac")
    with pytest.raises(CorpusError, match="are the same clip; remove one of them"):
        registry.clips(tmp_path, "ravdess", public("ravdess"))


def test_an_empty_folder_says_to_download(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="run the download stage again"):
        registry.clips(tmp_path, "tess", public("tess"))


@pytest.mark.parametrize(("corpus", "number"), [("ravdess", 1440), ("emovo", 588)])
def test_a_planned_corpus_names_every_clip(corpus: str, number: int) -> None:
    count, ids = registry.expected(corpus, public(corpus))
    assert count == len(ids) == number
    assert all(read(corpus, f"{clip.partition('/')[2]}.wav") for clip in ids)


def test_crema_d_pins_every_file() -> None:
    files = load("crema-d").recordings()
    count, ids = registry.expected("crema-d", public("crema-d"))
    assert len(files) == len(ids) == count == 7442
    assert all(file.size and file.checksum.startswith("sha256:") for file in files)


def test_the_demo_expects_its_whole_grid() -> None:
    count, ids = registry.expected("demo", DemoCorpus(kind="demo", speakers=4, seed=1))
    assert count == 240
    assert "demo/03-01-01-01-01-01-01" in ids
