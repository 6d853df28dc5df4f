"""Pictures of views for people: a contact sheet, one clip in full, PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from tqdm import tqdm

from pipeline.config.views import ImageViewSettings, MelViewSettings, ViewSettings
from pipeline.core.emotions import ordered
from pipeline.core.storage import atomic_write
from pipeline.views.audio import Wave
from pipeline.views.filters import to_mel
from pipeline.views.packed import View

ACROSS: Final = 6
GAP: Final = 4
HERTZ: Final = (250, 500, 1000, 2000, 4000, 8000, 16_000)
INK: Final = "#1d2733"


def contact_sheet(
    view: View, settings: ViewSettings, index: pd.DataFrame, title: str, path: Path
) -> None:
    """Draw a row of clips per emotion, of speakers as different as the dataset has.

    Args:
        view: the packed view.
        settings: its settings, for the axes.
        index: the dataset's table, for emotion and speaker of each clip.
        title: heading.
        path: the PNG to write.
    """
    chosen = choose(view.table, index)
    figure = Figure(figsize=(13, 1.55 * len(chosen) + 0.7), layout="constrained")
    figure.suptitle(title, fontweight="bold", color=INK)
    axes = figure.subplots(len(chosen), 1, squeeze=False)[:, 0]
    for place, (emotion, rows) in zip(axes, chosen.items(), strict=True):
        last = place is axes[-1]
        if isinstance(settings, ImageViewSettings):
            _draw_images(place, view.array[list(rows)], settings, last)
        else:
            _draw_rows(place, _numbers(view.array), list(rows), last)
        place.set_ylabel(emotion, fontweight="bold", color=INK)
        _name_speakers(place, list(rows.values()), isinstance(settings, ImageViewSettings))
    with atomic_write(path) as partial:
        figure.savefig(partial, format="png", dpi=100, metadata={"Software": None})


def choose(table: pd.DataFrame, index: pd.DataFrame) -> dict[str, dict[int, str]]:
    """Rows to show per emotion: the first clip of speakers spread over the dataset."""
    own = table[table["plane"] == ""].reset_index(names="row")
    joined = own.merge(index[["id", "emotion", "speaker"]], left_on="clip", right_on="id")
    chosen: dict[str, dict[int, str]] = {}
    for emotion in ordered(joined["emotion"]):
        firsts = joined[joined["emotion"] == emotion].groupby("speaker", sort=True).head(1)
        if len(firsts):
            spread = np.linspace(0, len(firsts) - 1, min(ACROSS, len(firsts))).round().astype(int)
            some = firsts.sort_values("speaker").iloc[spread]
            chosen[emotion] = dict(zip(some["row"], some["speaker"], strict=True))
    return chosen


def clip_picture(
    before: Wave,
    after: Wave,
    image: npt.NDArray[Any],
    settings: ViewSettings,
    title: str,
    path: Path,
) -> None:
    """Draw a clip: its wave before and after silence is cut, above what a model sees."""
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    figure.suptitle(title, fontweight="bold", color=INK)
    top, middle, bottom = figure.subplots(3, 1, height_ratios=(1, 1, 2.2))
    longest = len(before) / settings.audio.rate
    for place, wave, name in ((top, before, "as recorded"), (middle, after, "silence removed")):
        seconds = np.arange(len(wave)) / settings.audio.rate
        place.plot(seconds, wave, linewidth=0.5, color="#2f6690")
        place.set_xlim(0, longest)
        place.set_title(f"{name}: {len(wave) / settings.audio.rate:.2f} s", loc="left", fontsize=9)
        place.spines[["top", "right"]].set_visible(False)
    if isinstance(settings, ImageViewSettings):
        _draw_images(bottom, image[None], settings, True)
        bottom.set_ylabel("Hz")
    else:
        bottom.plot(_numbers(image[None])[0], linewidth=0.8, color="#c8553d")
        bottom.set_xlabel("number")
    with atomic_write(path) as partial:
        figure.savefig(partial, format="png", dpi=110, metadata={"Software": None})


def export(view: View, folder: Path, *, progress: bool = True) -> int:
    """Write every row as a PNG, ``<clip>.png`` or ``<clip>.<plane>.png``; returns how many."""
    rows = list(zip(view.table["clip"], view.table["plane"], strict=True))
    for row, (clip, plane) in enumerate(
        tqdm(rows, desc="exporting", unit="image", disable=not progress)
    ):
        name = f"{clip}.{plane}.png" if plane else f"{clip}.png"
        with atomic_write(folder / name) as partial:
            Image.fromarray(upright(view.array[row])).save(partial, format="PNG")
    return len(rows)


def upright(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An image as a person sees it: low frequencies at the bottom, channels last."""
    turned = image[..., ::-1, :]
    return np.ascontiguousarray(np.moveaxis(turned, 0, -1) if image.ndim == 3 else turned)


def frequency_ticks(settings: ImageViewSettings) -> dict[float, str]:
    """Rows of an image at round frequencies."""
    wanted = [hertz for hertz in HERTZ if settings.fmin <= hertz <= settings.fmax]
    if isinstance(settings, MelViewSettings):
        low, high = to_mel(settings.fmin), to_mel(settings.fmax)
        shares = [(to_mel(hertz) - low) / (high - low) for hertz in wanted]
    else:
        wanted = [hertz for hertz in wanted if hertz >= settings.fmax / 8]
        shares = [(hertz - settings.fmin) / (settings.fmax - settings.fmin) for hertz in wanted]
    return {
        share * settings.height - 0.5: f"{hertz:g}"
        for share, hertz in zip(shares, wanted, strict=True)
    }


def _draw_images(
    axes: Axes, images: npt.NDArray[Any], settings: ImageViewSettings, seconds: bool
) -> None:
    """Images side by side as one array, with one set of axes."""
    grey = images.ndim == 3
    tiles = images[..., None] if grey else np.moveaxis(images, 1, -1)
    parts: list[npt.NDArray[Any]] = []
    for tile in tiles:
        parts += [tile / 255, np.full((settings.height, GAP, tile.shape[-1]), np.nan)]
    strip = np.concatenate(parts[:-1], axis=1)
    axes.imshow(
        strip[..., 0] if grey else np.nan_to_num(strip, nan=1.0),
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )
    ticks = frequency_ticks(settings)
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=6)
    length = settings.audio.seconds or 0.0
    whole_seconds = range(int(np.ceil(length)))
    places = [
        tile * (settings.width + GAP) + second / length * settings.width - 0.5
        for tile in range(len(tiles))
        for second in whole_seconds
    ]
    labels = [f"{second}" for _ in tiles for second in whole_seconds] if seconds else []
    axes.set_xticks(places, labels or [""] * len(places), fontsize=6)
    if seconds:
        axes.set_xlabel("seconds", fontsize=8)


def _name_speakers(axes: Axes, speakers: list[str], images: bool) -> None:
    """Above each image, or beside each row."""
    for place, speaker in enumerate(speakers):
        at = (place / len(speakers), 1.02) if images else (1.002, 1 - (place + 0.5) / len(speakers))
        axes.text(
            *at,
            speaker,
            transform=axes.transAxes,
            fontsize=7,
            color="#5a6472",
            va="bottom" if images else "center",
        )


def _numbers(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Rows of numbers: of an encoder's layers the last."""
    return array[:, -1] if array.ndim == 3 else array


def _draw_rows(axes: Axes, array: npt.NDArray[Any], rows: Sequence[int], last: bool) -> None:
    """Vectors as stripes of deviations from the mean of all clips."""
    sample = np.asarray(array[:: max(1, len(array) // 500)], dtype=np.float64)
    spread = sample.std(axis=0)
    scores = (array[list(rows)] - sample.mean(axis=0)) / np.where(spread > 0, spread, 1)
    axes.imshow(scores, aspect="auto", cmap="RdBu_r", vmin=-3, vmax=3, interpolation="nearest")
    axes.set_yticks([])
    if last:
        axes.set_xlabel("number (red: above the mean of all clips, blue: below)", fontsize=8)
