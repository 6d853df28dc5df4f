"""A fold's table of embeddings, divided into what heads learn from and what they answer.

Each network's embeddings lie in a space of their own. Of ``plain`` and ``augmented``
embeddings there is one, the main network's; of ``out-of-fold`` ones there is one for each
part of the training clips. The true emotions of tested clips are not in any of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.core.errors import HeadError

MAIN: Final = -1
"""The part of the network that leaves out no part of the training clips."""

KEY: Final = ["clip", "plane"]


@dataclass(frozen=True, slots=True)
class Space:
    """One network's embeddings.

    Attributes:
        part: of the training clips that the network left out, or ``MAIN``.
        train: embeddings to learn from.
        emotions: of those.
        clips: of those; a clip and its copies share one.
        judged: embeddings to answer, in the order of ``Fold.rows``.
    """

    part: int
    train: npt.NDArray[np.float32]
    emotions: npt.NDArray[np.str_]
    clips: npt.NDArray[np.str_]
    judged: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold and seed.

    Attributes:
        emotions: the classes, in the recipe's order.
        rows: what is answered, validation clips first: clip, plane, role, speaker.
        odds: the main network's own probabilities for them.
        spaces: where heads learn.
        validation: the validation clips' emotions, as places in ``emotions``; none where
            they have been learned from, and then they are not in ``rows`` either.
    """

    emotions: tuple[str, ...]
    rows: pd.DataFrame
    odds: npt.NDArray[np.float64]
    spaces: tuple[Space, ...]
    validation: npt.NDArray[np.int64] | None

    @property
    def validated(self) -> int:
        """How many rows at the top are validation clips."""
        return 0 if self.validation is None else len(self.validation)


def read(path: Path) -> pd.DataFrame:
    """A fold's table of embeddings.

    Raises:
        HeadError: it is not there.
    """
    if not path.is_file():
        name = path.parent.name
        raise HeadError(f"{path}: no such embeddings; make them with: dvc repro embed@{name}")
    return pd.read_parquet(path)


def divide(table: pd.DataFrame, emotions: Sequence[str], *, chosen: bool) -> Fold:
    """Divide a table of embeddings.

    Args:
        table: clip, plane, part, copy, role, emotion, speaker, ``p_<emotion>`` and ``e000`` on.
        emotions: the classes.
        chosen: the network was chosen by the validation clips and did not learn from them.

    Raises:
        HeadError: there is nothing to learn from or to answer, or a number is not finite.
    """
    numbers = [str(name) for name in table.columns if str(name)[:1] == "e" and name != "emotion"]
    odds = [f"p_{emotion}" for emotion in emotions]
    if not np.isfinite(table[[*numbers, *odds]].to_numpy()).all():
        raise HeadError("embeddings that are not finite: the network went astray; train it anew")
    main = table[(table["part"] == MAIN) & (table["copy"] == 0)]
    roles = ["validation", "test"] if chosen else ["test"]
    rows = pd.concat([main[main["role"] == role] for role in roles], ignore_index=True)
    tested = rows["role"] == "test"
    validation = rows.loc[~tested, "emotion"]
    order = pd.MultiIndex.from_frame(rows[KEY])
    parts = sorted(set(table["part"]) - {MAIN}) or [MAIN]
    spaces = tuple(_space(table[table["part"] == part], numbers, order) for part in parts)
    if not tested.any() or not all(len(space.train) for space in spaces):
        raise HeadError("no embeddings of training or of test clips; embed the recipe anew")
    return Fold(
        emotions=tuple(emotions),
        rows=rows[[*KEY, "role", "speaker"]],
        odds=rows[odds].to_numpy(np.float64),
        spaces=spaces,
        validation=pd.Index(emotions).get_indexer(pd.Index(validation))
        if len(validation)
        else None,
    )


def _space(table: pd.DataFrame, numbers: list[str], order: pd.MultiIndex) -> Space:
    train = table[table["role"] == "train"]
    judged = table[(table["role"] != "train") & (table["copy"] == 0)].set_index(KEY)
    return Space(
        part=int(table["part"].iloc[0]),
        train=train[numbers].to_numpy(np.float32),
        emotions=train["emotion"].to_numpy(str),
        clips=train["clip"].to_numpy(str),
        judged=judged.loc[order, numbers].to_numpy(np.float32),
    )
