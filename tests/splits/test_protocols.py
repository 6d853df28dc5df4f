"""Who trains and who is tested, and every kind of leak that the gate stops."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from pipeline.config.base import load, parse
from pipeline.config.protocols import (
    AugmentedThenRandomProtocol,
    CorpusProtocol,
    ProtocolSettings,
    RandomProtocol,
    SpeakerProtocol,
    StatementProtocol,
)
from pipeline.core.errors import ConfigError, ProtocolError
from pipeline.splits import protocols
from tests.conftest import ROOT

RANDOM = RandomProtocol(kind="random", folds=5, validation=0.2, seed=0, first=None)
SPEAKER = SpeakerProtocol(kind="speaker", folds=4, named=(), validation=0.2, seed=0, first=None)
STATEMENT = StatementProtocol(kind="statement", validation=0.2, seed=0, first=None)
CORPUS = CorpusProtocol(
    kind="corpus", train=("a",), test=("b",), validation=0.25, seed=0, first=None
)
LEAKY = AugmentedThenRandomProtocol(
    kind="augmented-then-random", test=0.25, folds=2, validation=0.2, seed=0, first=None
)
HONEST: tuple[ProtocolSettings, ...] = (RANDOM, SPEAKER, STATEMENT, CORPUS)


@pytest.fixture
def clips() -> pd.DataFrame:
    """Two corpora of eight speakers, two statements, three emotions, two takes."""
    rows = [
        {
            "id": f"{corpus}/{speaker}-{statement}-{emotion}-{take}",
            "corpus": corpus,
            "speaker": f"{corpus}-{speaker}",
            "sex": "male" if speaker % 2 else "female",
            "emotion": emotion,
            "statement": statement,
            "hash": f"{corpus}{speaker}{statement}{emotion}{take}",
        }
        for corpus, speaker, statement, emotion, take in itertools.product(
            "ab", range(8), ("kids", "dogs"), ("sad", "angry", "happy"), (1, 2)
        )
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def rows(clips: pd.DataFrame) -> pd.DataFrame:
    """A view's rows: every clip, and a noisy copy of each."""
    return pd.DataFrame(
        [{"clip": clip, "plane": plane} for plane in ("", "noise-10") for clip in clips["id"]]
    )


@pytest.mark.parametrize("settings", HONEST, ids=lambda item: item.kind)
def test_every_fold_has_all_roles_and_no_clip_has_two(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    made = protocols.split(clips, rows, settings)
    for _, fold in made.groupby("fold"):
        assert set(fold["role"]) == {"train", "validation", "test"}
        assert fold.groupby("clip")["role"].nunique().max() == 1


@pytest.mark.parametrize("settings", [RANDOM, SPEAKER, STATEMENT], ids=lambda item: item.kind)
def test_every_clip_is_tested_once(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    made = protocols.split(clips, rows, settings)
    tested = made[made["role"] == "test"]["clip"]
    assert sorted(tested) == sorted(clips["id"])


@pytest.mark.parametrize("settings", [RANDOM, SPEAKER, LEAKY], ids=lambda item: item.kind)
def test_the_first_folds_are_the_same_whether_the_others_are_cooked(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    every = protocols.split(clips, rows, settings)
    first = protocols.split(clips, rows, settings.model_copy(update={"first": 1}))
    pd.testing.assert_frame_equal(first, every[every["fold"] == 0])


@pytest.mark.parametrize("settings", HONEST, ids=lambda item: item.kind)
def test_only_training_clips_bring_their_augmented_copies(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    made = protocols.split(clips, rows, settings)
    assert set(made[made["plane"] != ""]["role"]) == {"train"}


@pytest.mark.parametrize("settings", [*HONEST, LEAKY], ids=lambda item: item.kind)
def test_the_same_seed_gives_the_same_split(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    shuffled = clips.sample(frac=1, random_state=1), rows.sample(frac=1, random_state=2)
    assert protocols.split(clips, rows, settings).equals(protocols.split(*shuffled, settings))


def test_no_speaker_is_on_both_sides_nor_in_validation_and_training(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    made = protocols.split(clips, rows, SPEAKER)
    made["speaker"] = made["clip"].map(clips.set_index("id")["speaker"])
    for _, fold in made.groupby("fold"):
        assert fold.groupby("speaker")["role"].nunique().max() == 1


def test_speaker_folds_are_balanced_by_sex(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = protocols.split(clips, rows, SPEAKER)
    tested = made[made["role"] == "test"].join(clips.set_index("id"), on="clip")
    counts = tested.groupby(["fold", "sex"])["speaker"].nunique()
    assert set(counts) == {2}


def test_named_folds_test_whom_they_name(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    here = clips[clips["corpus"] == "a"]
    named = (tuple(f"a-{n}" for n in range(3)), tuple(f"a-{n}" for n in range(3, 8)))
    settings = SPEAKER.model_copy(update={"named": named, "folds": 2})
    made = protocols.split(here, rows, settings)
    first = made[(made["fold"] == 0) & (made["role"] == "test")]["clip"]
    assert set(first) == set(here[here["speaker"].isin(named[0])]["id"])


def test_ravdess_has_its_six_named_folds() -> None:
    settings: ProtocolSettings = load(  # type: ignore[assignment]
        ProtocolSettings,  # type: ignore[arg-type]
        "protocols",
        "ravdess-six",
        path=ROOT / "params.yaml",
    )
    assert isinstance(settings, SpeakerProtocol)
    assert sorted(name for fold in settings.named for name in fold) == [
        f"ravdess-{actor:02}" for actor in range(1, 25)
    ]


def test_a_speaker_that_no_fold_names_is_refused(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    settings = SPEAKER.model_copy(update={"named": (("a-0",), ("a-1",)), "folds": 2})
    with pytest.raises(ProtocolError, match="the named folds test nobody of a-2"):
        protocols.split(clips, rows, settings)


def test_a_speaker_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="a-0 is tested in two folds"):
        parse(
            SpeakerProtocol,
            {
                "kind": "speaker",
                "folds": 2,
                "named": [["a-0"], ["a-0"]],
                "validation": 0.2,
                "first": None,
                "seed": 0,
            },
        )


def test_more_folds_than_speakers_is_refused(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    with pytest.raises(ProtocolError, match="the dataset has 16; lower folds"):
        protocols.split(clips, rows, SPEAKER.model_copy(update={"folds": 17}))


def test_a_statement_is_tested_that_was_never_trained(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    made = protocols.split(clips, rows, STATEMENT)
    made["statement"] = made["clip"].map(clips.set_index("id")["statement"])
    for _, fold in made.groupby("fold"):
        tested = set(fold[fold["role"] == "test"]["statement"])
        assert not tested & set(fold[fold["role"] != "test"]["statement"])


def test_another_corpus_is_tested(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = protocols.split(clips, rows, CORPUS)
    made["corpus"] = made["clip"].str[0]
    assert set(made[made["role"] == "test"]["corpus"]) == {"b"}
    assert set(made[made["role"] != "test"]["corpus"]) == {"a"}


def test_identical_recordings_fall_on_one_side(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    twins = clips.copy()
    first = twins.groupby(["corpus", "emotion"])["hash"].transform("first")
    twins["hash"] = first.where(twins["speaker"].isin(["a-0", "a-1", "b-3"]), twins["hash"])
    made = protocols.split(twins, rows, RANDOM)
    assert "audio" not in protocols.gate(made, twins, "random").shared


def test_the_gate_stops_a_shared_speaker_and_names_clips(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    made = protocols.split(clips, rows, RANDOM)
    with pytest.raises(
        ProtocolError, match=r"speakers are on both sides.*'speaker': a/0-dogs-angry-1"
    ):
        protocols.gate(made, clips, "speaker")


def test_the_gate_stops_identical_recordings(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = protocols.split(clips, rows, SPEAKER)
    same = clips.copy()
    fold = made[made["fold"] == 0]
    tested, taught = (fold[fold["role"] == role]["clip"].iloc[0] for role in ("test", "train"))
    same.loc[same["id"] == tested, "hash"] = same.loc[same["id"] == taught, "hash"].item()
    with pytest.raises(ProtocolError, match=f"identical recordings are on both sides.*{tested}"):
        protocols.gate(made, same, "speaker")


def test_the_gate_stops_an_augmented_child_of_a_tested_clip(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    made = protocols.split(clips, rows, RANDOM)
    tested = made[(made["fold"] == 0) & (made["role"] == "test")]["clip"].iloc[0]
    child = {"clip": tested, "plane": "noise-10", "fold": 0, "role": "train"}
    made = pd.concat([made, pd.DataFrame([child])])
    with pytest.raises(ProtocolError, match=f"augmented copies of tested clips.*{tested}"):
        protocols.gate(made, clips, "random")


def test_the_gate_stops_a_fold_without_validation(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = protocols.split(clips, rows, SPEAKER)
    with pytest.raises(ProtocolError, match="fold 0 has no validation clips"):
        protocols.gate(made[made["role"] != "validation"], clips, "speaker")


def test_what_leaks_on_purpose_wears_its_label(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = protocols.split(clips, rows, LEAKY)
    found = protocols.gate(made, clips, LEAKY.kind)
    assert set(found.shared) == {"speaker", "child"}
    assert "augmented copies of tested clips are trained on" in found.label


def test_an_honest_split_says_so(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = protocols.split(clips, rows, SPEAKER)
    assert (
        protocols.gate(made, clips, "speaker").label == "no speaker and no recording on both sides"
    )


def test_a_single_training_voice_is_validated_on_other_clips_of_it(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    two = clips[clips["speaker"].isin(["a-0", "a-1"])]
    settings = SPEAKER.model_copy(update={"folds": 2})
    made = protocols.split(two, rows, settings)
    assert not protocols.gate(made, two, "speaker").shared
    for _, fold in made.groupby("fold"):
        assert set(fold["role"]) == {"train", "validation", "test"}
