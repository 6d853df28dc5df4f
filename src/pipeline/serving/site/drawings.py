"""Pictures of a recording: its wave, its silence, the view of each window."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.config.views import ImageViewSettings, ViewSettings
from pipeline.views import colour, sheet
from pipeline.views.audio import Wave

COLUMNS: Final = 400
HEIGHT: Final = 100
"""Units of a drawn wave; full scale touches the edges."""
COLOURS: Final = "magma"
NUMBERS: Final = (360, 96)


def outline(wave: Wave, loudest: float) -> str:
    """The path of a wave: up along its peaks, back along its valleys.

    Args:
        wave: to draw.
        loudest: the sample that touches the edge.

    Example:
        >>> outline(np.array([0.5, -0.5], np.float32), 0.5)
        'M0,0.0 1,50.0 1,100.0 0,50.0Z'
    """
    edges = np.linspace(0, len(wave), min(COLUMNS, len(wave)) + 1).astype(int)[:-1]
    middle, reach = HEIGHT / 2, HEIGHT / 2 / max(loudest, 1e-9)
    tops = middle - reach * np.maximum(np.maximum.reduceat(wave, edges), 0)
    bottoms = middle - reach * np.minimum(np.minimum.reduceat(wave, edges), 0)
    there = [f"{place},{top:.1f}" for place, top in enumerate(tops)]
    back = [f"{place},{bottom:.1f}" for place, bottom in enumerate(bottoms)][::-1]
    return "M" + " ".join([*there, *back]) + "Z"


def picture(row: npt.NDArray[Any], settings: ViewSettings) -> bytes:
    """A row of a view as a PNG file: an image as it is, numbers as a curve's columns."""
    image = sheet.upright(row) if isinstance(settings, ImageViewSettings) else _columns(row)
    if image.ndim == 2:
        image = np.moveaxis(colour.paint(image, colour.table(COLOURS)), 0, -1)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, format="PNG", optimize=True)
    return file.getvalue()


def _columns(row: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Numbers as a strip: one for each column where there is one, else the mean over time."""
    width, height = NUMBERS
    numbers = np.atleast_2d(np.asarray(row, dtype=np.float64))
    numbers = numbers.reshape(-1, numbers.shape[-1])
    low, high = numbers.min(), numbers.max()
    grey = (255 * (numbers - low) / max(high - low, 1e-9)).round().astype(np.uint8)
    return np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.NEAREST))


def ticks(settings: ViewSettings) -> list[tuple[float, str]]:
    """Where round frequencies lie, as shares from the top; none for views of numbers."""
    if not isinstance(settings, ImageViewSettings):
        return []
    found = sheet.frequency_ticks(settings).items()
    return [(1 - (place + 0.5) / settings.height, hertz) for place, hertz in found]


def timeline(windows: Sequence[dict[str, Any]], seconds: float) -> dict[str, str]:
    """The path of each emotion's probability over a recording, stacked from the bottom.

    Where windows overlap, each is drawn up to the middle of what they share; silent windows
    have no prediction and are not drawn.

    Args:
        windows: as ``/predict`` gives them.
        seconds: of the recording.

    Example:
        >>> one = {"start": 0.0, "end": 2.0, "probabilities": {"sad": 0.25, "happy": 0.75}}
        >>> timeline([one], 2.0)
        {'sad': 'M0.0,75.0H1000.0V100.0H0.0Z', 'happy': 'M0.0,0.0H1000.0V75.0H0.0Z'}
    """
    starts = [window["start"] for window in windows]
    ends = [window["end"] for window in windows]
    for place, (end, start) in enumerate(zip(ends[:-1], starts[1:], strict=True)):
        if start < end:
            ends[place] = starts[place + 1] = (start + end) / 2
    paths = dict.fromkeys(windows[0]["probabilities"], "")
    for start, end, window in zip(starts, ends, windows, strict=True):
        left, right = (f"{1000 * min(edge, seconds) / seconds:.1f}" for edge in (start, end))
        level = 100.0
        for emotion, probability in window["probabilities"].items():
            over = max(level - 100 * probability, 0.0)
            paths[emotion] += f"M{left},{over:.1f}H{right}V{level:.1f}H{left}Z"
            level = over
    return paths
