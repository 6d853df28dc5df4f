"""Who trains and who is tested, and every kind of leak that the gate stops."""

from __future__ import annotations

import hashlib
import itertools

import pandas as pd
import pytest

from pipeline.core.errors import ConfigError, ProtocolError
from pipeline.splits import gate, recipe, registry
from pipeline.splits.gate import WORDS
from pipeline.splits.protocols.augmented_then_random import AugmentedThenRandomProtocol
from pipeline.splits.protocols.corpus import CorpusProtocol
from pipeline.splits.protocols.random import RandomProtocol
from pipeline.splits.protocols.speaker import SpeakerProtocol
from pipeline.splits.protocols.statement import StatementProtocol
from pipeline.splits.settings import ProtocolSettings
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
    made = recipe.split(clips, rows, settings)
    for _, fold in made.groupby("fold"):
        assert set(fold["role"]) == {"train", "validation", "test"}
        assert fold.groupby("clip")["role"].nunique().max() == 1


@pytest.mark.parametrize("settings", [RANDOM, SPEAKER, STATEMENT], ids=lambda item: item.kind)
def test_every_clip_is_tested_once(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    made = recipe.split(clips, rows, settings)
    tested = made[made["role"] == "test"]["clip"]
    assert sorted(tested) == sorted(clips["id"])


@pytest.mark.parametrize("settings", [RANDOM, SPEAKER, LEAKY], ids=lambda item: item.kind)
def test_the_first_folds_are_the_same_whether_the_others_are_run(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    every = recipe.split(clips, rows, settings)
    first = recipe.split(clips, rows, settings.model_copy(update={"first": 1}))
    pd.testing.assert_frame_equal(first, every[every["fold"] == 0])


@pytest.mark.parametrize("settings", HONEST, ids=lambda item: item.kind)
def test_only_training_clips_bring_their_augmented_copies(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    made = recipe.split(clips, rows, settings)
    assert set(made[made["plane"] != ""]["role"]) == {"train"}


@pytest.mark.parametrize("settings", [*HONEST, LEAKY], ids=lambda item: item.kind)
def test_the_same_seed_gives_the_same_split(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings
) -> None:
    shuffled = clips.sample(frac=1, random_state=1), rows.sample(frac=1, random_state=2)
    assert recipe.split(clips, rows, settings).equals(recipe.split(*shuffled, settings))


def test_no_speaker_is_on_both_sides_nor_in_validation_and_training(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    made = recipe.split(clips, rows, SPEAKER)
    made["speaker"] = made["clip"].map(clips.set_index("id")["speaker"])
    for _, fold in made.groupby("fold"):
        assert fold.groupby("speaker")["role"].nunique().max() == 1


def test_speaker_folds_are_balanced_by_sex(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = recipe.split(clips, rows, SPEAKER)
    tested = made[made["role"] == "test"].join(clips.set_index("id"), on="clip")
    counts = tested.groupby(["fold", "sex"])["speaker"].nunique()
    assert set(counts) == {2}


def test_named_folds_test_the_speakers_that_they_name(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    here = clips[clips["corpus"] == "a"]
    named = (tuple(f"a-{n}" for n in range(3)), tuple(f"a-{n}" for n in range(3, 8)))
    settings = SPEAKER.model_copy(update={"named": named, "folds": 2})
    made = recipe.split(here, rows, settings)
    first = made[(made["fold"] == 0) & (made["role"] == "test")]["clip"]
    assert set(first) == set(here[here["speaker"].isin(named[0])]["id"])


def test_ravdess_has_its_six_named_folds() -> None:
    settings = registry.load_protocol("ravdess-six", ROOT)
    assert isinstance(settings, SpeakerProtocol)
    assert sorted(name for fold in settings.named for name in fold) == [
        f"ravdess-{actor:02}" for actor in range(1, 25)
    ]


def test_a_speaker_that_no_fold_names_is_refused(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    settings = SPEAKER.model_copy(update={"named": (("a-0",), ("a-1",)), "folds": 2})
    with pytest.raises(ProtocolError, match="the named folds do not test a-2"):
        recipe.split(clips, rows, settings)


def test_a_speaker_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="a-0 is tested in two folds"):
        registry.parse_protocol(
            {
                "kind": "speaker",
                "folds": 2,
                "named": [["a-0"], ["a-0"]],
                "validation": 0.2,
                "first": None,
                "seed": 0,
            }
        )


def test_more_folds_than_speakers_is_refused(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    with pytest.raises(ProtocolError, match="the dataset has 16; lower folds"):
        recipe.split(clips, rows, SPEAKER.model_copy(update={"folds": 17}))


def test_a_statement_is_tested_that_was_never_trained(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    made = recipe.split(clips, rows, STATEMENT)
    made["statement"] = made["clip"].map(clips.set_index("id")["statement"])
    for _, fold in made.groupby("fold"):
        tested = set(fold[fold["role"] == "test"]["statement"])
        assert not tested & set(fold[fold["role"] != "test"]["statement"])


def test_another_corpus_is_tested(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = recipe.split(clips, rows, CORPUS)
    made["corpus"] = made["clip"].str[0]
    assert set(made[made["role"] == "test"]["corpus"]) == {"b"}
    assert set(made[made["role"] != "test"]["corpus"]) == {"a"}


def test_identical_recordings_fall_on_one_side(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    twins = clips.copy()
    first = twins.groupby(["corpus", "emotion"])["hash"].transform("first")
    twins["hash"] = first.where(twins["speaker"].isin(["a-0", "a-1", "b-3"]), twins["hash"])
    made = recipe.split(twins, rows, RANDOM)
    assert "audio" not in gate.gate(made, twins, "random").shared


def test_the_gate_stops_a_shared_speaker_and_names_clips(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    made = recipe.split(clips, rows, RANDOM)
    with pytest.raises(
        ProtocolError, match=r"speakers are on both sides.*'speaker': a/0-dogs-angry-1"
    ):
        gate.gate(made, clips, "speaker")


def test_the_gate_stops_identical_recordings(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = recipe.split(clips, rows, SPEAKER)
    same = clips.copy()
    fold = made[made["fold"] == 0]
    tested, trained = (fold[fold["role"] == role]["clip"].iloc[0] for role in ("test", "train"))
    same.loc[same["id"] == tested, "hash"] = same.loc[same["id"] == trained, "hash"].item()
    with pytest.raises(ProtocolError, match=f"identical recordings are on both sides.*{tested}"):
        gate.gate(made, same, "speaker")


def test_the_gate_stops_an_augmented_child_of_a_tested_clip(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    made = recipe.split(clips, rows, RANDOM)
    tested = made[(made["fold"] == 0) & (made["role"] == "test")]["clip"].iloc[0]
    child = {"clip": tested, "plane": "noise-10", "fold": 0, "role": "train"}
    made = pd.concat([made, pd.DataFrame([child])])
    with pytest.raises(ProtocolError, match=f"augmented copies of tested clips.*{tested}"):
        gate.gate(made, clips, "random")


def test_the_gate_stops_a_fold_without_validation(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = recipe.split(clips, rows, SPEAKER)
    with pytest.raises(ProtocolError, match="fold 0 has no validation clips"):
        gate.gate(made[made["role"] != "validation"], clips, "speaker")


def test_a_declared_leak_is_in_the_label(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = recipe.split(clips, rows, LEAKY)
    found = gate.gate(made, clips, LEAKY.kind)
    assert set(found.shared) == {"speaker", "child"}
    assert "augmented copies of tested clips are trained on" in found.label
    assert gate.mechanisms(found.label) == ["speaker", "child"]


def test_an_honest_split_says_so(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    made = recipe.split(clips, rows, SPEAKER)
    label = gate.gate(made, clips, "speaker").label
    assert label == "no speaker and no recording on both sides"


def test_a_single_training_speaker_is_validated_on_other_clips(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    two = clips[clips["speaker"].isin(["a-0", "a-1"])]
    settings = SPEAKER.model_copy(update={"folds": 2})
    made = recipe.split(two, rows, settings)
    assert not gate.gate(made, two, "speaker").shared
    for _, fold in made.groupby("fold"):
        assert set(fold["role"]) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("settings", "digest"),
    [
        (RANDOM, "f9ed962d60422227"),
        (SPEAKER, "83448ef149c30d30"),
        (STATEMENT, "d535c057a7a10ae9"),
        (CORPUS, "0714b81c09255f31"),
        (LEAKY, "5afca9b355505fae"),
    ],
    ids=lambda item: getattr(item, "kind", ""),
)
def test_splits_stay_as_they_were(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings, digest: str
) -> None:
    """Recorded figures belong to these very tables."""
    made = recipe.described(recipe.split(clips, rows, settings), clips, settings.kind)
    text = made.to_csv(index=False, lineterminator="\n")
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


def test_clips_of_a_speaker_stay_together_only_where_speakers_are_apart(
    clips: pd.DataFrame, rows: pd.DataFrame
) -> None:
    for settings, kept in ((SPEAKER, True), (RANDOM, False)):
        made = recipe.described(recipe.split(clips, rows, settings), clips, settings.kind)
        assert (made["group"] == made["speaker"]).all() == kept


def test_a_summary_counts_roles_and_leaks(clips: pd.DataFrame, rows: pd.DataFrame) -> None:
    dealt = recipe.split(clips, rows, STATEMENT)
    made = recipe.described(dealt, clips, "statement")
    found = recipe.summarise(made, gate.gate(dealt, clips, "statement"), "by-statement")
    assert (found["protocol"], found["folds"], found["clips"]) == ("by-statement", 2, len(clips))
    assert found["leaks"] == {"speaker": len(clips)}
    for number, fold in enumerate(found["per_fold"]):
        own = made[made["fold"] == number]
        for role in ("train", "validation", "test"):
            assert fold[role] == (own["role"] == role).sum()
        assert fold["test_speakers"] == sorted(set(clips["speaker"]))


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_protocol_declares_leaks_that_a_label_has_words_for(kind: str) -> None:
    assert registry.leaks(kind) <= set(WORDS)
    assert registry.settings(kind).__doc__


def test_an_unknown_protocol_gets_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"params\.yaml: .*'speakr'.*did you mean 'speaker'"):
        registry.load_protocol("speakr", ROOT)


def test_the_documentation_names_every_kind() -> None:
    text = (ROOT / "docs/protocols.md").read_text(encoding="utf-8")
    for kind in registry.kinds():
        assert f"| `{kind}` |" in text
