"""A dataset's card: licence, counts, lengths, defects, as Markdown, picture, JSON and Croissant."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.core.emotions import ordered
from pipeline.core.errors import ReportError
from pipeline.core.storage import atomic_folder, atomic_write, write_json
from pipeline.corpora.description import Description
from pipeline.corpora.index import table as tables
from pipeline.corpora.index.build import Index
from pipeline.corpora.index.table import groups
from pipeline.reports import croissant
from pipeline.reports.pages import environment

INK: Final = "#1d2733"
WOMEN: Final = "#c8553d"
MEN: Final = "#2f6690"
UNKNOWN: Final = "#8a8f98"
LISTED: Final = 12
CLIPS: Final = "clips.csv"
CARD: Final = ("card.md", "card.png", "summary.json", "croissant.json")
"""What git keeps of a dataset."""


def write(
    index: Index, name: str, described: Mapping[str, Description], folder: Path
) -> dict[str, Any]:
    """Write a dataset's table of clips and its card.

    Args:
        index: the table and what was noticed while it was made.
        name: of the dataset.
        described: what is known of its corpora, by name.
        folder: for ``clips.csv``, ``summary.json``, ``card.md``, ``card.png`` and
            ``croissant.json``.

    Returns:
        What ``summary.json`` says.
    """
    tables.write(index.table, folder / CLIPS)
    summary = summarise(index, name, described)
    write_json(folder / "summary.json", summary)
    with atomic_write(folder / "card.png") as partial:
        draw(index.table, summary, partial)
    template = environment(escaped=False).get_template("dataset_card.md")
    with atomic_write(folder / "card.md") as partial:
        partial.write_text(
            template.render(
                summary=summary,
                corpora=described,
                counts=speaker_counts(index.table),
                emotions=emotions_of(index.table),
                flags=groups(index.table),
                errors=index.errors,
                unparsed=index.unparsed,
                notes=index.notes,
                listed=LISTED,
            ),
            encoding="utf-8",
        )
    digest = hashlib.sha256((folder / CLIPS).read_bytes()).hexdigest()
    write_json(folder / "croissant.json", croissant.describe(summary, described, digest))
    return summary


def copy(index: Path, target: Path) -> None:
    """Copy the card from the folder of an index to the folder that git keeps.

    Raises:
        ReportError: a part of the card is not there.
    """
    with atomic_folder(target) as partial:
        for name in CARD:
            if not (index / name).is_file():
                raise ReportError(f"{index / name}: not there; run: ser run index@{index.name}")
            shutil.copyfile(index / name, partial / name)


def summarise(index: Index, name: str, described: Mapping[str, Description]) -> dict[str, Any]:
    """The card's numbers."""
    table = index.table
    used = table[table["left_out"] == ""]
    found = groups(table)
    return {
        "dataset": name,
        "synthetic": any(item.synthetic for item in described.values()),
        "non_commercial": any(item.non_commercial for item in described.values()),
        "clips": len(table),
        "used": len(used),
        "left_out": len(table) - len(used),
        "unparsed": sum(len(paths) for paths in index.unparsed.values()),
        "speakers": int(table["speaker"].nunique()),
        "minutes": round(float(table["seconds"].sum()) / 60, 1),
        "by_corpus": {str(key): int(size) for key, size in table.groupby("corpus").size().items()},
        "by_emotion": {
            emotion: int((table["emotion"] == emotion).sum()) for emotion in emotions_of(table)
        },
        "by_sex": {
            str(key or "unknown"): int(size) for key, size in table.groupby("sex").size().items()
        },
        "rates": {str(key): int(size) for key, size in table.groupby("rate").size().items()},
        "formats": _formats(table),
        "flags": {flag: len(clips) for flag, clips in found.items()},
    }


def sentence(name: str, summary: Mapping[str, Any]) -> str:
    """The counts in one line, as the stage prints them."""
    flags = ", ".join(f"{count} {flag}" for flag, count in summary["flags"].items()) or "no flags"
    kind = "synthetic clips" if summary["synthetic"] else "clips"
    return (
        f"{name}: {summary['clips']} {kind}, {summary['speakers']} speakers, "
        f"{summary['minutes']} minutes; left out {summary['left_out']}; {flags}; "
        f"card: data/index/{name}/card.md"
    )


def emotions_of(table: pd.DataFrame) -> list[str]:
    """The emotions in a table, in their order."""
    return ordered(table["emotion"])


def speaker_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Clips by speaker (rows) and emotion (columns)."""
    counts = pd.crosstab(table["speaker"], table["emotion"])
    return counts[emotions_of(table)]


def draw(table: pd.DataFrame, summary: Mapping[str, Any], path: Path) -> None:
    """Speaker by emotion, clips by emotion and sex, lengths: one picture."""
    counts = speaker_counts(table)
    with rc_context({"font.size": 9, "text.color": INK, "axes.edgecolor": UNKNOWN}):
        figure = Figure(figsize=(11, 5.6), layout="constrained")
        grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1))
        word = " (synthetic speech)" if summary["synthetic"] else ""
        figure.suptitle(
            f"{summary['dataset']}{word}: {summary['clips']} clips, "
            f"{summary['speakers']} speakers, {summary['minutes']} minutes",
            fontsize=13,
            fontweight="bold",
        )
        _draw_counts(figure.add_subplot(grid[:, 0]), counts)
        _draw_emotions(figure.add_subplot(grid[0, 1]), table)
        _draw_lengths(figure.add_subplot(grid[1, 1]), table)
        figure.savefig(path, format="png", dpi=110, metadata={"Software": None})


def _draw_counts(axes: Any, counts: pd.DataFrame) -> None:
    mesh = axes.imshow(counts.to_numpy(), aspect="auto", cmap="YlGnBu", vmin=0)
    axes.set_xticks(range(len(counts.columns)), counts.columns, rotation=35, ha="right")
    step = max(1, len(counts) // 24)
    axes.set_yticks(range(0, len(counts), step), counts.index[::step], fontsize=7)
    axes.set_title("clips by speaker and emotion", loc="left")
    axes.figure.colorbar(mesh, ax=axes, shrink=0.6, label="clips")


def _draw_emotions(axes: Any, table: pd.DataFrame) -> None:
    names = emotions_of(table)
    left = [0] * len(names)
    for sex, colour in (("female", WOMEN), ("male", MEN), ("", UNKNOWN)):
        sizes = [int(((table["emotion"] == name) & (table["sex"] == sex)).sum()) for name in names]
        if any(sizes):
            axes.barh(names, sizes, left=left, color=colour, label=sex or "unknown")
            left = [before + size for before, size in zip(left, sizes, strict=True)]
    axes.invert_yaxis()
    axes.set_title("clips by emotion and sex", loc="left")
    axes.legend(frameon=False, ncols=3, fontsize=8, loc="lower right", bbox_to_anchor=(1, 1))
    axes.spines[["top", "right"]].set_visible(False)


def _draw_lengths(axes: Any, table: pd.DataFrame) -> None:
    for corpus, part in table.groupby("corpus"):
        axes.hist(part["seconds"], bins=40, alpha=0.6, label=str(corpus))
    axes.set_title("length in seconds", loc="left")
    axes.set_ylabel("clips")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _formats(table: pd.DataFrame) -> dict[str, int]:
    suffix = table["path"].str.rsplit(".", n=1).str[-1]
    return {str(key): int(size) for key, size in suffix.groupby(suffix).size().items()}
