"""One statement is tested in each fold, and is in no training clip of it."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd

from pipeline.core.errors import ProtocolError
from pipeline.splits import dealing
from pipeline.splits.settings import ProtocolSettings

LEAKS: Final = frozenset({"speaker"})


class StatementProtocol(ProtocolSettings):
    """A fold for each statement; speakers are shared."""

    kind: Literal["statement"]


def deal(clips: pd.DataFrame, rows: pd.DataFrame, settings: StatementProtocol) -> pd.DataFrame:
    """The table of the split.

    Raises:
        ProtocolError: there are fewer than two statements.
    """
    statements = sorted(set(clips["statement"]) - {""})
    if len(statements) < 2:
        raise ProtocolError("the dataset has fewer than two statements; take another protocol")
    tested = [set(clips[clips["statement"] == item]["id"]) for item in statements]
    return dealing.fold_by_fold(clips, rows, tested, settings, dealing.clips_held_out)


SETTINGS: Final = StatementProtocol
