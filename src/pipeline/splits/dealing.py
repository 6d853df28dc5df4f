"""Who trains and who is tested, and the gate that lets no leak through unnamed.

A split is a table of clip, plane, fold and role (``train``, ``validation``,
``test``). Augmented planes train when their parent does and are left out
elsewhere; only ``augmented-then-random`` deals them out on their own, which is a
leak, and its name says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from pipeline.config.protocols import (
    AugmentedThenRandomProtocol,
    CorpusProtocol,
    ProtocolSettings,
    RandomProtocol,
    SpeakerProtocol,
    StatementProtocol,
)
from pipeline.core.errors import ProtocolError
from pipeline.splits.roles import TEST, TRAIN, VALIDATION

LEAKS: Final = {
    "random": frozenset({"speaker"}),
    "statement": frozenset({"speaker"}),
    "speaker": frozenset[str](),
    "corpus": frozenset[str](),
    "augmented-then-random": frozenset({"speaker", "audio", "child"}),
}
"""What each kind of protocol may share between the sides; the rest stops the stage."""

WORDS: Final = {
    "speaker": "speakers are on both sides",
    "audio": "identical recordings are on both sides",
    "child": "augmented copies of tested clips are trained on",
}
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Audit:
    """What the two sides of a split share.

    Attributes:
        shared: clips per kind of leak, as ``speaker``, ``audio``, ``child``.
        allowed: the kinds that the protocol's name admits to.
    """

    shared: dict[str, tuple[str, ...]]
    allowed: frozenset[str]

    @property
    def label(self) -> str:
        """What every report of the split wears.

        Example:
            >>> Audit(shared={"speaker": ("a",)}, allowed=frozenset({"speaker"})).label
            'leaks: speakers are on both sides'
            >>> Audit(shared={}, allowed=frozenset()).label
            'no speaker and no recording on both sides'
        """
        if not self.shared:
            return "no speaker and no recording on both sides"
        return "leaks: " + "; ".join(WORDS[kind] for kind in self.shared)


def split(clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings) -> pd.DataFrame:
    """Give every row of a view a role in every fold.

    Args:
        clips: the clips that may be used: id, corpus, speaker, sex, emotion, statement, hash.
        rows: the view's rows: clip and plane (empty for the recording itself).
        settings: the protocol.

    Returns:
        clip, plane, fold, role; ordered by fold, clip and plane.

    Raises:
        ProtocolError: the clips do not allow such a split.
    """
    rows = rows.sort_values(["clip", "plane"], ignore_index=True)
    here = set(rows["clip"])
    clips = clips[clips["id"].isin(here)].sort_values("id", ignore_index=True)
    if clips.empty:
        raise ProtocolError("no clip of the recipe's emotions is in the view")
    if isinstance(settings, AugmentedThenRandomProtocol):
        return _ordered(_deal_rows(clips, rows, settings))
    tested = _tested(clips, settings)
    parts = []
    for fold, test in enumerate(tested[: settings.first]):
        rng = np.random.default_rng([settings.seed, fold])
        role = _roles(clips, test, settings, rng)
        part = rows[rows["clip"].isin(role)].copy()
        part["fold"] = fold
        part["role"] = part["clip"].map(role)
        parts.append(part[(part["plane"] == "") | (part["role"] == TRAIN)])
    return _ordered(pd.concat(parts))


def audit(table: pd.DataFrame, clips: pd.DataFrame, kind: str) -> Audit:
    """Look for what the two sides of any fold share; validation counts as training."""
    shared: dict[str, set[str]] = {"speaker": set(), "audio": set(), "child": set()}
    facts = clips.set_index("id")[["speaker", "hash"]]
    for _, fold in table.groupby("fold"):
        joined = fold.join(facts, on="clip")
        tested = joined[joined["role"] == TEST]
        taught = joined[joined["role"] != TEST]
        speakers = set(tested["speaker"]) & set(taught["speaker"])
        shared["speaker"] |= set(tested[tested["speaker"].isin(speakers)]["clip"])
        family = set(tested["clip"]) & set(taught["clip"])
        shared["child"] |= family
        sounds = set(tested["hash"]) & set(taught[~taught["clip"].isin(family)]["hash"])
        shared["audio"] |= set(tested[tested["hash"].isin(sounds - {""})]["clip"])
    found = {name: tuple(sorted(names)) for name, names in shared.items() if names}
    return Audit(shared=found, allowed=LEAKS[kind])


def gate(table: pd.DataFrame, clips: pd.DataFrame, kind: str) -> Audit:
    """Let a split through, or stop it.

    Raises:
        ProtocolError: the sides share what the protocol's name does not admit to,
            a fold has nobody to train or to test, or a fold lacks validation.
    """
    for number, fold in table.groupby("fold"):
        for role in (TRAIN, VALIDATION, TEST):
            if not (fold["role"] == role).any():
                raise ProtocolError(
                    f"fold {number} has no {role} clips; change the protocol's shares"
                )
    found = audit(table, clips, kind)
    for leak, names in found.shared.items():
        if leak not in found.allowed:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            raise ProtocolError(
                f"the split leaks: {WORDS[leak]}, though the protocol is {kind!r}: "
                f"{', '.join(names[:SHOWN])}{more}"
            )
    return found


def described(table: pd.DataFrame, clips: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Give each row its clip's emotion, speaker, sex and group.

    Clips of one group stay together whenever the training side is divided further:
    a speaker's clips where the protocol keeps speakers apart, else the recordings
    with the same samples.
    """
    facts = clips.set_index("id")[["emotion", "speaker", "sex", "hash"]]
    first = clips.sort_values("id").groupby("hash")["id"].transform("first")
    apart = "speaker" not in LEAKS[kind]
    facts["group"] = clips["speaker"].to_numpy() if apart else first.reindex(clips.index).to_numpy()
    return table.join(facts.drop(columns="hash"), on="clip")


def _tested(clips: pd.DataFrame, settings: ProtocolSettings) -> list[set[str]]:
    """The clips tested in each fold."""
    if isinstance(settings, SpeakerProtocol):
        return [
            set(clips[clips["speaker"].isin(fold)]["id"])
            for fold in _speaker_folds(clips, settings)
        ]
    if isinstance(settings, StatementProtocol):
        statements = sorted(set(clips["statement"]) - {""})
        if len(statements) < 2:
            raise ProtocolError("the dataset has fewer than two statements; take another protocol")
        return [set(clips[clips["statement"] == item]["id"]) for item in statements]
    if isinstance(settings, CorpusProtocol):
        return [set(clips[clips["corpus"].isin(settings.test)]["id"])]
    assert isinstance(settings, RandomProtocol)
    return _deal(clips, settings.folds, np.random.default_rng(settings.seed))


def _speaker_folds(clips: pd.DataFrame, settings: SpeakerProtocol) -> list[list[str]]:
    speakers = set(clips["speaker"])
    if settings.named:
        named = {name for fold in settings.named for name in fold}
        if speakers - named:
            raise ProtocolError(
                f"the named folds test nobody of {', '.join(sorted(speakers - named)[:SHOWN])}; "
                "name every speaker, or leave named empty"
            )
        return [list(fold) for fold in settings.named]
    if len(speakers) < settings.folds:
        raise ProtocolError(
            f"{settings.folds} folds need as many speakers and the dataset has {len(speakers)}; "
            "lower folds"
        )
    folds: list[list[str]] = [[] for _ in range(settings.folds)]
    rng = np.random.default_rng(settings.seed)
    for place, speaker in enumerate(_by_sex(clips, rng)):
        folds[place % settings.folds].append(speaker)
    return folds


def _by_sex(clips: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """Speakers in random order within each sex, one sex after the other."""
    ordered = []
    for _, group in clips.groupby("sex", sort=True):
        ordered += [str(name) for name in rng.permutation(sorted(set(group["speaker"])))]
    return ordered


def _deal(clips: pd.DataFrame, folds: int, rng: np.random.Generator) -> list[set[str]]:
    """Deal clips to folds, emotion by emotion; identical recordings go together."""
    dealt: list[set[str]] = [set() for _ in range(folds)]
    turn = 0
    for _, group in clips.groupby("emotion", sort=True):
        for together in _shuffled(_families(group), rng):
            dealt[turn % folds].update(together)
            turn += 1
    return dealt


def _families(clips: pd.DataFrame) -> list[list[str]]:
    """Clips by the sound of their recording."""
    return [sorted(group["id"]) for _, group in clips.groupby("hash", sort=True)]


def _shuffled(items: list[list[str]], rng: np.random.Generator) -> Iterable[list[str]]:
    return (items[place] for place in rng.permutation(len(items)))


def _roles(
    clips: pd.DataFrame, test: set[str], settings: ProtocolSettings, rng: np.random.Generator
) -> dict[str, str]:
    """Test, validation or training for every clip that takes part in a fold."""
    rest = clips[~clips["id"].isin(test)]
    if isinstance(settings, CorpusProtocol):
        rest = rest[rest["corpus"].isin(settings.train)]
    apart = isinstance(settings, SpeakerProtocol | CorpusProtocol)
    # A single speaker cannot be divided: validation is then on other clips of the same voice.
    if apart and rest["speaker"].nunique() != 1:
        speakers = _by_sex(rest, rng)
        count = max(1, round(settings.validation * len(speakers)))
        spread = np.linspace(0, len(speakers) - 1, count).round().astype(int)
        chosen = {speakers[place] for place in spread} if speakers else set()
        held = set(rest[rest["speaker"].isin(chosen)]["id"])
    else:
        parts = max(2, round(1 / settings.validation))
        held = _deal(rest, parts, rng)[0]
    role = dict.fromkeys(rest["id"], TRAIN)
    role.update(dict.fromkeys(held, VALIDATION))
    role.update(dict.fromkeys(test, TEST))
    return role


def _deal_rows(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: AugmentedThenRandomProtocol
) -> pd.DataFrame:
    """Every row on its own, whatever it was made from."""
    used = rows[rows["clip"].isin(clips["id"])].join(clips.set_index("id")["emotion"], on="clip")
    parts = []
    for fold in range(settings.folds)[: settings.first]:
        rng = np.random.default_rng([settings.seed, fold])
        part = used.copy()
        part["fold"] = fold
        part["role"] = TRAIN
        for _, group in used.groupby("emotion", sort=True):
            order = rng.permutation(group.index.to_numpy())
            tested = round(settings.test * len(order))
            held = tested + round(settings.validation * (len(order) - tested))
            part.loc[order[:tested], "role"] = TEST
            part.loc[order[tested:held], "role"] = VALIDATION
        parts.append(part)
    return pd.concat(parts)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    columns = ["clip", "plane", "fold", "role"]
    ordered: pd.DataFrame = table[columns].sort_values(["fold", "clip", "plane"], ignore_index=True)
    return ordered
