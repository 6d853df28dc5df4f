"""Leaks on purpose: clips and their augmented copies are dealt out as if unrelated."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from pipeline.splits.roles import TEST, TRAIN, VALIDATION
from pipeline.splits.settings import ProtocolSettings, Share

LEAKS: Final = frozenset({"speaker", "audio", "child"})


class AugmentedThenRandomProtocol(ProtocolSettings):
    """Each row of the view is dealt on its own, whatever it was made from.

    Attributes:
        test: share that is tested.
        folds: how many draws.
    """

    kind: Literal["augmented-then-random"]
    test: Share
    folds: Annotated[int, Field(ge=1)]


def deal(
    clips: pd.DataFrame, rows: pd.DataFrame, settings: AugmentedThenRandomProtocol
) -> pd.DataFrame:
    """The table of the split."""
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
            held_out = tested + round(settings.validation * (len(order) - tested))
            part.loc[order[:tested], "role"] = TEST
            part.loc[order[tested:held_out], "role"] = VALIDATION
        parts.append(part)
    return pd.concat(parts)


SETTINGS: Final = AugmentedThenRandomProtocol
