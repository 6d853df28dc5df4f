"""Clips are dealt to folds by emotion, whoever speaks."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from pipeline.splits import dealing
from pipeline.splits.settings import ProtocolSettings

LEAKS: Final = frozenset({"speaker"})


class RandomProtocol(ProtocolSettings):
    """Any clip is tested in one fold; speakers are shared.

    Attributes:
        folds: how many.
    """

    kind: Literal["random"]
    folds: Annotated[int, Field(ge=2)]


def deal(clips: pd.DataFrame, rows: pd.DataFrame, settings: RandomProtocol) -> pd.DataFrame:
    """The table of the split."""
    tested = dealing.deal(clips, settings.folds, np.random.default_rng(settings.seed))
    return dealing.fold_by_fold(clips, rows, tested, settings, dealing.clips_held_out)


SETTINGS: Final = RandomProtocol
