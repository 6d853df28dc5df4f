"""What each corpus's file names say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.corpora import DemoCorpus, PublicCorpus
from pipeline.core.errors import CorpusError
from pipeline.corpora import crema_d, emodb, ravdess, registry, savee, tess
from pipeline.corpora.clip import Clip
from pipeline.corpora.demo import corpus
from tests.conftest import Record

ACTORS = {"1001": {"ActorID": "1001", "Age": "51", "Sex": "Male"}}


def test_ravdess_codes_the_whole_design() -> None:
    clip = ravdess.read_name("03-01-01-01-02-02-12", "Actor_12/03-01-01-01-02-02-12.wav")
    assert clip == Clip(
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


@pytest.mark.parametrize(
    ("name", "emotion"),
    [("03a01Wa", "angry"), ("08b10Lb", "boredom"), ("16a07Ec", "disgust"), ("15b02Td", "sad")],
)
def test_emodb_letters_are_german(name: str, emotion: str) -> None:
    clip = emodb.read_name(name, f"wav/{name}.wav")
    assert clip is not None
    assert clip.emotion == emotion


def test_tess_ps_is_surprise_and_the_misspelt_speaker_is_oaf() -> None:
    clip = tess.read_name("OA_bite_ps", "OAF_Pleasant_surprise/OA_bite_ps.wav")
    assert clip is not None
    assert (clip.id, clip.speaker, clip.emotion) == ("tess/OAF_bite_ps", "tess-OAF", "surprise")


def test_savee_takes_the_speaker_from_the_folder_or_the_name() -> None:
    nested = savee.read_name("su15", "AudioData/KL/su15.wav")
    flat = savee.read_name("KL_su15", "KL_su15.wav")
    assert nested is not None
    assert flat is not None
    assert nested.id == flat.id == "savee/KL_su15"
    assert nested.emotion == "surprise"


def test_crema_d_ties_between_listeners_are_nobodys() -> None:
    votes = {"1001_DFA_SAD_XX": {"VoiceVote": "N:S", "VoiceLevel": "40:40"}}
    clip = crema_d.read_name("1001_DFA_SAD_XX", "AudioWAV/1001_DFA_SAD_XX.wav", ACTORS, votes)
    assert clip is not None
    assert (clip.heard, clip.agreement) == ("", 0.0)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (ravdess, "03-01-09-01-01-01-01"),
        (ravdess, "03-02-01-01-01-01-01"),
        (emodb, "99a01Fa"),
        (tess, "XAF_bite_sad"),
        (savee, "q01"),
    ],
)
def test_a_name_that_does_not_parse_is_nobodys_clip(module: object, name: str) -> None:
    assert module.read_name(name, f"DC/{name}.wav") is None  # type: ignore[attr-defined]


def test_strangers_are_set_aside_and_listed(record: Record, tmp_path: Path) -> None:
    record("Actor_01/03-01-01-01-01-01-01.wav")
    record("Actor_01/copy of 03-01-01-01-01-01-01.wav")
    found = ravdess.clips(tmp_path, PublicCorpus(kind="ravdess", complete=False))
    assert [clip.id for clip in found.clips] == ["ravdess/03-01-01-01-01-01-01"]
    assert found.strangers == ("Actor_01/copy of 03-01-01-01-01-01-01.wav",)


def test_two_files_of_one_clip_are_refused(record: Record, tmp_path: Path) -> None:
    record("Actor_01/03-01-01-01-01-01-01.wav")
    record("Actor_01/03-01-01-01-01-01-01.flac")
    with pytest.raises(CorpusError, match="are the same clip; remove one of them"):
        ravdess.clips(tmp_path, PublicCorpus(kind="ravdess", complete=True))


def test_an_empty_folder_says_to_download(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="run the download stage again"):
        tess.clips(tmp_path, PublicCorpus(kind="tess", complete=True))


def test_crema_d_without_its_actors_table_says_which(record: Record, tmp_path: Path) -> None:
    record("AudioWAV/1001_DFA_SAD_XX.wav")
    with pytest.raises(CorpusError, match=r"VideoDemographics\.csv: missing"):
        crema_d.clips(tmp_path, PublicCorpus(kind="crema-d", complete=True))


def test_every_corpus_has_a_manifest_with_licence_and_citation() -> None:
    for kind in ("ravdess", "crema-d", "tess", "savee", "emodb", "demo"):
        notice = registry.manifests.load(kind).licence_notice()
        assert "licence" in notice
        assert "cite" in notice


def test_crema_ds_manifest_pins_every_file() -> None:
    files = registry.manifests.load("crema-d").recordings()
    assert len(files) == 7442
    assert all(file.size and file.checksum.startswith("sha256:") for file in files)


def test_the_demo_expects_its_whole_grid() -> None:
    count, ids = registry.expected(DemoCorpus(kind="demo", speakers=4, seed=1))
    assert count == 240
    assert "demo/03-01-01-01-01-01-01" in ids
    assert corpus.NAME == "demo"
