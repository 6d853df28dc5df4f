"""Some corpora train, others are tested."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from pipeline.splits import dealing
from pipeline.splits.settings import ProtocolSettings

LEAKS: Final = frozenset[str]()


class CorpusProtocol(ProtocolSettings):
    """One fold, in which no corpus is on both sides.

    Attributes:
        train: the corpora that train.
        test: the corpora that are tested.
    """

    kind: Literal["corpus"]
    train: Annotated[tuple[str, ...], Field(min_length=1)]
    test: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        both = sorted(set(self.train) & set(self.test))
        if both:
            raise ValueError(f"{both[0]} is on both sides")
        return self


def deal(clips: pd.DataFrame, rows: pd.DataFrame, settings: CorpusProtocol) -> pd.DataFrame:
    """The table of the split."""
    used = clips[clips["corpus"].isin([*settings.train, *settings.test])]
    tested = [set(used[used["corpus"].isin(settings.test)]["id"])]
    return dealing.fold_by_fold(used, rows, tested, settings, dealing.speakers_held_out)


SETTINGS: Final = CorpusProtocol
