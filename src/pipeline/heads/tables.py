"""A fold's embeddings, divided into what heads learn from and what they predict.

Embeddings of different networks are not comparable, so each network has a table of its own.
Of ``plain`` and ``augmented`` embeddings there is one, the main network's; of ``out-of-fold``
ones there is one for each part of the training clips. A recipe without a network has one,
the numbers of its view. The true emotions of test clips are not in any of it.
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
from pipeline.training.run import MAIN

KEY: Final = ["clip", "plane"]
"""What a row of a view is known by."""


@dataclass(frozen=True, slots=True)
class EmbeddingTable:
    """One network's embeddings.

    Attributes:
        part: of the training clips that the network left out, or ``MAIN``.
        train: embeddings to learn from.
        emotions: of those.
        clips: of those; a clip and its copies share one.
        evaluated: embeddings to predict, in the order of ``Fold.rows``.
    """

    part: int
    train: npt.NDArray[np.float32]
    emotions: npt.NDArray[np.str_]
    clips: npt.NDArray[np.str_]
    evaluated: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold and seed.

    Attributes:
        emotions: the classes, in the recipe's order.
        rows: to predict, validation clips first: clip, plane, role, speaker.
        probabilities: the main network's own for them; none where there is no network.
        tables: where heads learn.
        validation: the validation clips' emotions, as positions in ``emotions``; none where
            they have been learned from, and then they are not in ``rows`` either.
    """

    emotions: tuple[str, ...]
    rows: pd.DataFrame
    probabilities: npt.NDArray[np.float64] | None
    tables: tuple[EmbeddingTable, ...]
    validation: npt.NDArray[np.int64] | None

    @property
    def validation_rows(self) -> int:
        """How many rows at the top are validation clips."""
        return 0 if self.validation is None else len(self.validation)


def read(path: Path, cure: str) -> pd.DataFrame:
    """The embeddings of a fold and seed.

    Args:
        path: of the table.
        cure: the command that makes it.

    Raises:
        HeadError: they are not there.
    """
    if not path.is_file():
        raise HeadError(f"{path}: no such embeddings; make them with: {cure}")
    return pd.read_parquet(path)


def divide(table: pd.DataFrame, emotions: Sequence[str], *, validated: bool) -> Fold:
    """Divide the embeddings of a fold and seed.

    Args:
        table: clip, plane, part, copy, role, emotion, speaker, ``e000`` on, and the network's
            ``p_<emotion>`` where there is one.
        emotions: the classes.
        validated: validation clips were not learned from and may choose.

    Raises:
        HeadError: there is nothing to learn from or to predict, or a number is not finite.
    """
    numbers = [str(name) for name in table.columns if str(name)[:1] == "e" and name != "emotion"]
    columns = [f"p_{emotion}" for emotion in emotions]
    columns = columns if set(columns) & set(table.columns) else []
    if not np.isfinite(table[[*numbers, *columns]].to_numpy()).all():
        raise HeadError("embeddings that are not finite; make them again, and the network if any")
    main = table[(table["part"] == MAIN) & (table["copy"] == 0)]
    roles = ["validation", "test"] if validated else ["test"]
    rows = pd.concat([main[main["role"] == role] for role in roles], ignore_index=True)
    tested = rows["role"] == "test"
    validation = rows.loc[~tested, "emotion"]
    order = pd.MultiIndex.from_frame(rows[KEY])
    parts = sorted(set(table["part"]) - {MAIN}) or [MAIN]
    tables = tuple(_of_part(table[table["part"] == part], numbers, order) for part in parts)
    if not tested.any() or not all(len(each.train) for each in tables):
        raise HeadError("no embeddings of training or of test clips; embed the recipe again")
    return Fold(
        emotions=tuple(emotions),
        rows=rows[[*KEY, "role", "speaker"]],
        probabilities=rows[columns].to_numpy(np.float64) if columns else None,
        tables=tables,
        validation=pd.Index(emotions).get_indexer(pd.Index(validation))
        if len(validation)
        else None,
    )


def _of_part(table: pd.DataFrame, numbers: list[str], order: pd.MultiIndex) -> EmbeddingTable:
    train = table[table["role"] == "train"]
    evaluated = table[(table["role"] != "train") & (table["copy"] == 0)].set_index(KEY)
    return EmbeddingTable(
        part=int(table["part"].iloc[0]),
        train=train[numbers].to_numpy(np.float32),
        emotions=train["emotion"].to_numpy(str),
        clips=train["clip"].to_numpy(str),
        evaluated=evaluated.loc[order, numbers].to_numpy(np.float32),
    )
