"""Confusion counts of a recipe: small enough for git, and all that most figures need.

Accuracy, UAR, their intervals over speakers and differences between recipes follow from how
often each speaker's emotions were predicted as each emotion. With this table they can be
had from a clone, without the predictions, which hold a line for every clip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from pipeline.core.errors import ReportError
from pipeline.core.storage import atomic_write
from pipeline.evaluation.predictions import Floats, confusions

FILE: Final = "counts.csv"
COLUMNS: Final = ["head", "seeds", "corpus", "speaker", "true", "predicted", "count"]


@dataclass(frozen=True, slots=True)
class Counts:
    """A head's counts.

    Attributes:
        emotions: in order.
        corpora: of the speakers.
        speakers: in order.
        confusions: speakers x 1 x true x predicted, a mean over seeds.
    """

    emotions: tuple[str, ...]
    corpora: tuple[str, ...]
    speakers: tuple[str, ...]
    confusions: Floats

    def of_corpus(self, corpus: str) -> Counts:
        """The speakers of one corpus."""
        places = [place for place, name in enumerate(self.corpora) if name == corpus]
        return Counts(
            self.emotions,
            tuple(self.corpora[place] for place in places),
            tuple(self.speakers[place] for place in places),
            self.confusions[places],
        )


def count(tables: Mapping[str, pd.DataFrame], emotions: Sequence[str]) -> pd.DataFrame:
    """How often each head predicted each emotion.

    Seeds are added up: every seed tests the same clips, so that nothing is lost for means
    over seeds.

    Args:
        tables: tested rows of each head: clip, seed, speaker, true, predicted.
        emotions: in order.

    Example:
        >>> rows = pd.DataFrame({"clip": ["lab/a", "lab/b", "lab/c"], "seed": 0, "speaker": "s",
        ...     "true": ["sad", "sad", "happy"], "predicted": ["sad", "sad", "sad"]})
        >>> print(count({"svm": rows}, ["happy", "sad"]).to_csv(index=False), end="")
        head,seeds,corpus,speaker,true,predicted,count
        svm,1,lab,s,happy,sad,1
        svm,1,lab,s,sad,sad,2
    """
    lines = []
    for head, table in tables.items():
        counts, speakers = confusions(table, emotions, "speaker")
        clips = table.drop_duplicates("speaker").set_index("speaker")["clip"]
        for place in np.argwhere(counts.sum(axis=1)):
            speaker, true, predicted = (int(item) for item in place)
            name = speakers[speaker]
            lines.append(
                {
                    "head": head,
                    "seeds": counts.shape[1],
                    "corpus": clips[name].partition("/")[0],
                    "speaker": name,
                    "true": emotions[true],
                    "predicted": emotions[predicted],
                    "count": int(counts[speaker, :, true, predicted].sum()),
                }
            )
    return pd.DataFrame(lines, columns=COLUMNS)


def write(tables: Mapping[str, pd.DataFrame], emotions: Sequence[str], folder: Path) -> None:
    """Write ``counts.csv`` into a recipe's folder."""
    with atomic_write(folder / FILE) as partial:
        count(tables, emotions).to_csv(partial, index=False, lineterminator="\n")


def read(folder: Path, emotions: Sequence[str]) -> dict[str, Counts]:
    """Every head's counts.

    Args:
        folder: of the recipe's report.
        emotions: in order, as ``metrics.json`` has them.

    Raises:
        ReportError: the file is not there, or is not of these emotions.
    """
    path, cure = folder / FILE, f"ser run {folder.name}"
    if not path.is_file():
        raise ReportError(f"{path}: not there; make it with: {cure}")
    table = pd.read_csv(path, dtype={"corpus": str, "speaker": str}, keep_default_na=False)
    if list(table) != COLUMNS or not set(table["true"]) | set(table["predicted"]) <= set(emotions):
        raise ReportError(f"{path}: is not the table of this recipe's counts; run: {cure}")
    return {str(head): _counts(rows, tuple(emotions)) for head, rows in table.groupby("head")}


def digest(tested: pd.DataFrame) -> str:
    """What tells whether two recipes tested the same clips: of their names, labels and speakers.

    Example:
        >>> rows = pd.DataFrame({"clip": ["b", "a"], "speaker": ["s", "s"], "true": ["x", "y"]})
        >>> digest(rows) == digest(rows[::-1]), digest(rows) == digest(rows[:1])
        (True, False)
    """
    per_seed = tested[tested["seed"] == tested["seed"].iloc[0]] if "seed" in tested else tested
    lines = sorted("\t".join(row) for row in per_seed[["clip", "speaker", "true"]].to_numpy())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _counts(rows: pd.DataFrame, emotions: tuple[str, ...]) -> Counts:
    order = pd.Index(emotions)
    speaker, speakers = pd.factorize(rows["speaker"], sort=True)
    counts = np.zeros((len(speakers), 1, len(emotions), len(emotions)))
    true, predicted = (order.get_indexer(pd.Index(rows[side])) for side in ("true", "predicted"))
    counts[speaker, 0, true, predicted] = rows["count"] / rows["seeds"]
    corpora = rows.drop_duplicates("speaker").set_index("speaker")["corpus"]
    return Counts(emotions, tuple(corpora[list(speakers)]), tuple(speakers), counts)
