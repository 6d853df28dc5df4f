"""A packed view, read: what training needs of views and nothing of how they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.core.about import ABOUT, About
from pipeline.core.errors import ViewError
from pipeline.core.storage import write_json

ARRAY: Final = "view.npy"
TABLE: Final = "rows.csv"
TEXT: Final = {"clip": str, "plane": str, "hash": str}
LOUDEST: Final = "loudest_db"

__all__ = ["ABOUT", "ARRAY", "LOUDEST", "TABLE", "View", "ViewAbout", "open_view"]


class ViewAbout(About):
    """A packed view: ``data/views/<view>/about.json``.

    Attributes:
        settings: of the view.
        rows: how many there are.
        clips: how many recordings they show.
        planes: names of the rows of a clip; empty for the recording itself.
        shape: of a row.
        dtype: of its numbers.
        set_aside: clips that could not be rendered, and why.
        encoder: of a view of kind speech: its name, kind and a hash of its weights.
    """

    settings: dict[str, Any]
    rows: int
    clips: int
    planes: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    set_aside: dict[str, str]
    encoder: dict[str, Any] | None = None

    def write(self, folder: Path) -> None:
        """Write ``about.json`` into a folder; only views of an encoder name one."""
        data = self.model_dump(mode="json", exclude=None if self.encoder else {"encoder"})
        write_json(folder / ABOUT, data)


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
    about: ViewAbout

    def scaled(self, rows: Sequence[int], normalisation_rows: Sequence[int]) -> npt.NDArray[Any]:
        """Rows with the loudest point of the *normalisation* rows at full level.

        Grey images are stored each on its own scale with its loudest point beside
        it, so that no clip changes another's image before a split is made.
        With the scale ``clip`` the rows are as stored.

        Args:
            rows: to read.
            normalisation_rows: of training clips.
        """
        images = self.array[rows]
        if self.about.settings.get("scale") != "dataset":
            return images
        loudest = self.table[LOUDEST].to_numpy()
        full = loudest[normalisation_rows].max()
        moved = (loudest[rows] - full) * (255 / self.about.settings["top_db"])
        moved = moved.reshape(-1, *[1] * (images.ndim - 1))
        shifted: npt.NDArray[Any] = np.clip(np.rint(images + moved), 0, 255).astype(np.uint8)
        return shifted


def open_view(folder: Path) -> View:
    """Open a packed view by memory map.

    Raises:
        ViewError: it is not there.
    """
    about = ViewAbout.read(folder, f"ser run view@{folder.name}", ViewError)
    return View(
        array=np.load(folder / ARRAY, mmap_mode="r"),
        table=pd.read_csv(folder / TABLE, dtype=TEXT, keep_default_na=False),
        about=about,
    )
