"""The table of a dataset's clips, as a file: what later stages read of an index."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.core.errors import CorpusError
from pipeline.core.storage import atomic_write

COLUMNS: Final = (
    "id",
    "corpus",
    "path",
    "speaker",
    "sex",
    "age",
    "emotion",
    "intensity",
    "statement",
    "repetition",
    "perceived",
    "agreement",
    "seconds",
    "rate",
    "channels",
    "depth",
    "peak_db",
    "hash",
    "flags",
    "left_out",
)
TEXT: Final = {
    name: str
    for name in COLUMNS
    if name not in {"age", "repetition", "agreement", "seconds", "rate", "channels", "peak_db"}
}
SEPARATOR: Final = "|"


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, whole or not at all."""
    with atomic_write(path) as partial:
        table.to_csv(partial, index=False, lineterminator="\n")


def read(path: Path) -> pd.DataFrame:
    """Read a table that :func:`write` wrote.

    Raises:
        CorpusError: there is no such table.
    """
    if not path.is_file():
        raise CorpusError(f"{path}: no such index; make it with: ser run index@{path.parent.name}")
    return pd.read_csv(path, dtype=TEXT, keep_default_na=False)


def groups(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Flags with their clips; copies come as groups of clips that sound the same.

    Example:
        >>> table = pd.DataFrame({
        ...     "id": ["a", "b", "c"],
        ...     "hash": ["1", "1", "2"],
        ...     "flags": ["duplicate", "duplicate", "silent"],
        ... })
        >>> groups(table)
        {'duplicate': [['a', 'b']], 'silent': ['c']}
    """
    found: dict[str, list[Any]] = {}
    split = table["flags"].str.split(SEPARATOR, regex=False)
    for flag in sorted({name for names in split for name in names if name}):
        chosen = table[[flag in names for names in split]]
        if flag in ("duplicate", "conflict"):
            found[flag] = [list(group["id"]) for _, group in chosen.groupby("hash", sort=False)]
        else:
            found[flag] = list(chosen["id"])
    return found
