"""A packed view, read: what training needs of views and nothing of how they are made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.core.errors import ViewError

ARRAY: Final = "view.npy"
TABLE: Final = "rows.csv"
ABOUT: Final = "about.json"
TEXT: Final = {"clip": str, "plane": str, "hash": str}
LOUDEST: Final = "loudest_db"


@dataclass(frozen=True, slots=True)
class View:
    """A packed view, opened.

    Attributes:
        array: the rows, by memory map.
        table: clip, plane, hash and loudest point of each row.
        about: settings, shape and counts.
    """

    array: npt.NDArray[Any]
    table: pd.DataFrame
    about: dict[str, Any]

    def scaled(self, rows: Sequence[int], training: Sequence[int]) -> npt.NDArray[Any]:
        """Rows with the loudest point of the *training* rows as white.

        Grey images are stored each on its own scale with its loudest point beside
        it, so that no clip has a say in another's picture before a split is made.
        With the scale ``clip`` the rows are as stored.
        """
        images = self.array[rows]
        if self.about["settings"].get("scale") != "dataset":
            return images
        loudest = self.table[LOUDEST].to_numpy()
        white = loudest[training].max()
        moved = (loudest[rows] - white) * (255 / self.about["settings"]["top_db"])
        moved = moved.reshape(-1, *[1] * (images.ndim - 1))
        shifted: npt.NDArray[Any] = np.clip(np.rint(images + moved), 0, 255).astype(np.uint8)
        return shifted


def open_view(folder: Path) -> View:
    """Open a packed view by memory map.

    Raises:
        ViewError: it is not there.
    """
    if not (folder / ABOUT).is_file():
        raise ViewError(f"{folder}: no such view; make it with: dvc repro view@{folder.name}")
    return View(
        array=np.load(folder / ARRAY, mmap_mode="r"),
        table=pd.read_csv(folder / TABLE, dtype=TEXT, keep_default_na=False),
        about=json.loads((folder / ABOUT).read_text(encoding="utf-8")),
    )
