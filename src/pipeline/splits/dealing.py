"""What protocols share: dealing clips to folds, and a role for each clip of a fold.

A split is a table of clip, plane, fold and role. Augmented planes train when their
parent does and are left out elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from pipeline.splits.roles import TEST, TRAIN, VALIDATION
from pipeline.splits.settings import ProtocolSettings

HoldOut = Callable[[pd.DataFrame, float, np.random.Generator], set[str]]
"""Takes the training side's clips, a share and a generator; gives the validation clips."""


def fold_by_fold(
    clips: pd.DataFrame,
    rows: pd.DataFrame,
    tested: Sequence[set[str]],
    settings: ProtocolSettings,
    hold_out: HoldOut,
) -> pd.DataFrame:
    """The table of a split in which each fold tests some clips and trains on others.

    Args:
        clips: that may train or be tested.
        rows: the view's rows: clip and plane.
        tested: the clips that each fold tests.
        settings: the protocol.
        hold_out: chooses the validation clips.
    """
    parts = []
    for fold, test in enumerate(tested[: settings.first]):
        rng = np.random.default_rng([settings.seed, fold])
        rest = clips[~clips["id"].isin(test)]
        held_out = hold_out(rest, settings.validation, rng)
        role = dict.fromkeys(rest["id"], TRAIN)
        role.update(dict.fromkeys(held_out, VALIDATION))
        role.update(dict.fromkeys(test, TEST))
        part = rows[rows["clip"].isin(role)].copy()
        part["fold"] = fold
        part["role"] = part["clip"].map(role)
        parts.append(part[(part["plane"] == "") | (part["role"] == TRAIN)])
    return pd.concat(parts)


def clips_held_out(rest: pd.DataFrame, share: float, rng: np.random.Generator) -> set[str]:
    """Validation clips, whoever speaks them."""
    return deal(rest, max(2, round(1 / share)), rng)[0]


def speakers_held_out(rest: pd.DataFrame, share: float, rng: np.random.Generator) -> set[str]:
    """Validation clips of speakers who do not train; of a single speaker, some of the clips."""
    if rest["speaker"].nunique() == 1:
        return clips_held_out(rest, share, rng)
    speakers = by_sex(rest, rng)
    count = max(1, round(share * len(speakers)))
    spread = np.linspace(0, len(speakers) - 1, count).round().astype(int)
    chosen = {speakers[place] for place in spread} if speakers else set()
    return set(rest[rest["speaker"].isin(chosen)]["id"])


def deal(clips: pd.DataFrame, folds: int, rng: np.random.Generator) -> list[set[str]]:
    """Deal clips to folds, emotion by emotion; identical recordings go together."""
    dealt: list[set[str]] = [set() for _ in range(folds)]
    place = 0
    for _, group in clips.groupby("emotion", sort=True):
        for together in _shuffled(_identical(group), rng):
            dealt[place % folds].update(together)
            place += 1
    return dealt


def by_sex(clips: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """Speakers in random order within each sex, one sex after the other."""
    ordered = []
    for _, group in clips.groupby("sex", sort=True):
        ordered += [str(name) for name in rng.permutation(sorted(set(group["speaker"])))]
    return ordered


def _identical(clips: pd.DataFrame) -> list[list[str]]:
    """Clips grouped by their samples."""
    return [sorted(group["id"]) for _, group in clips.groupby("hash", sort=True)]


def _shuffled(items: list[list[str]], rng: np.random.Generator) -> Iterable[list[str]]:
    return (items[place] for place in rng.permutation(len(items)))
