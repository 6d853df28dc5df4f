"""Some speakers are tested in each fold, and do not train in it."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from pipeline.core.errors import ProtocolError
from pipeline.splits import dealing
from pipeline.splits.settings import ProtocolSettings

LEAKS: Final = frozenset[str]()
SHOWN: Final = 3


class SpeakerProtocol(ProtocolSettings):
    """Folds of speakers, balanced by sex; no speaker on both sides.

    Attributes:
        folds: how many.
        named: the speakers tested in each fold; empty to deal them out.
    """

    kind: Literal["speaker"]
    folds: Annotated[int, Field(ge=2)]
    named: tuple[tuple[str, ...], ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [name for fold in self.named for name in fold]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named: {twice[0]} is tested in two folds")
        if self.named and len(self.named) != self.folds:
            raise ValueError(f"named lists {len(self.named)} folds, but folds is {self.folds}")
        return self


def deal(clips: pd.DataFrame, rows: pd.DataFrame, settings: SpeakerProtocol) -> pd.DataFrame:
    """The table of the split.

    Raises:
        ProtocolError: the folds cannot be had of these speakers.
    """
    folds = _named(clips, settings) if settings.named else _dealt(clips, settings)
    tested = [set(clips[clips["speaker"].isin(fold)]["id"]) for fold in folds]
    return dealing.fold_by_fold(clips, rows, tested, settings, dealing.speakers_held_out)


def _named(clips: pd.DataFrame, settings: SpeakerProtocol) -> list[list[str]]:
    unnamed = set(clips["speaker"]) - {name for fold in settings.named for name in fold}
    if unnamed:
        raise ProtocolError(
            f"the named folds do not test {', '.join(sorted(unnamed)[:SHOWN])}; "
            "name every speaker, or leave named empty"
        )
    return [list(fold) for fold in settings.named]


def _dealt(clips: pd.DataFrame, settings: SpeakerProtocol) -> list[list[str]]:
    speakers = clips["speaker"].nunique()
    if speakers < settings.folds:
        raise ProtocolError(
            f"{settings.folds} folds need as many speakers and the dataset has {speakers}; "
            "lower folds"
        )
    folds: list[list[str]] = [[] for _ in range(settings.folds)]
    rng = np.random.default_rng(settings.seed)
    for place, speaker in enumerate(dealing.by_sex(clips, rng)):
        folds[place % settings.folds].append(speaker)
    return folds


SETTINGS: Final = SpeakerProtocol
