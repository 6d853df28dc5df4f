"""One table per dataset: a row per clip, with its origin, its sound's facts and its flags."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
from tqdm import tqdm

from pipeline.config.corpora import CorpusSettings, IndexSettings
from pipeline.core.errors import CorpusError
from pipeline.corpora import registry
from pipeline.corpora.clip import Clip
from pipeline.corpora.files import Listing
from pipeline.corpora.index.facts import Facts, measure
from pipeline.corpora.index.table import COLUMNS, SEPARATOR

SOUNDLESS: Final = frozenset({"unreadable", "silent", "not-finite"})
NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Index:
    """A dataset's table and what was noticed while it was made.

    Attributes:
        table: a row per clip, ordered by id; columns as in :mod:`pipeline.corpora.index.table`.
        unparsed: audio files whose names do not parse, by corpus.
        errors: why a file could not be read, by clip.
        notes: one line per thing that a person should know, such as a missing clip.
    """

    table: pd.DataFrame
    unparsed: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, str]
    notes: tuple[str, ...] = ()


def build(
    folder: Path,
    corpora: Mapping[str, CorpusSettings],
    settings: IndexSettings,
    *,
    progress: bool = True,
) -> Index:
    """Index the corpora below a folder.

    Args:
        folder: of one corpus; of several, it holds a folder each.
        corpora: settings of the corpora, by name.
        settings: when a clip gets a flag.
        progress: show a progress bar.

    Raises:
        CorpusError: a corpus lacks clips or has too many, and its settings want it complete.
    """
    places = registry.folders(folder, corpora)
    listings = {name: registry.clips(places[name], name, item) for name, item in corpora.items()}
    notes = [note for name, item in corpora.items() for note in _count(item, name, listings[name])]
    clips = [(name, clip) for name, found in listings.items() for clip in found.clips]
    paths = [places[name] / clip.path for name, clip in clips]
    facts = _measure_all(paths, settings, progress)
    rows = [
        {**_row(clip, fact), "path": path.relative_to(folder).as_posix()}
        for (_, clip), path, fact in zip(clips, paths, facts, strict=True)
    ]
    table = pd.DataFrame(rows).sort_values("id", kind="stable", ignore_index=True)
    flags = _with_unusual(table, _with_copies(table))
    table["flags"] = [SEPARATOR.join(sorted(item)) for item in flags]
    table["left_out"] = [SEPARATOR.join(sorted(item & set(settings.left_out))) for item in flags]
    return Index(
        table=table[list(COLUMNS)],
        unparsed={name: found.unparsed for name, found in listings.items() if found.unparsed},
        errors={
            clip.id: fact.error for (_, clip), fact in zip(clips, facts, strict=True) if fact.error
        },
        notes=tuple(notes),
    )


def _row(clip: Clip, fact: Facts) -> dict[str, Any]:
    facts = asdict(fact)
    facts.pop("error")
    return {**asdict(clip), **facts}


def _measure_all(paths: list[Path], settings: IndexSettings, progress: bool) -> list[Facts]:
    """Decoding and hashing release the interpreter, so threads use every core."""
    workers = min(len(os.sched_getaffinity(0)), 8)
    with ThreadPoolExecutor(workers) as pool:
        done = pool.map(lambda path: measure(path, settings), paths)
        return list(
            tqdm(done, total=len(paths), desc="decoding", unit="clip", disable=not progress)
        )


def _with_copies(table: pd.DataFrame) -> list[set[str]]:
    """Flags per row, with ``duplicate`` or ``conflict`` where another clip sounds the same."""
    flags = [set(item) for item in table["flags"]]
    sounding = table[[not (item & SOUNDLESS) for item in flags]]
    for _, group in sounding.groupby("hash", sort=False):
        if len(group) > 1:
            flag = "duplicate" if group["emotion"].nunique() == 1 else "conflict"
            for row in group.index:
                flags[row].add(flag)
    return flags


def _with_unusual(table: pd.DataFrame, flags: list[set[str]]) -> list[set[str]]:
    """Flags per row, with ``rate`` and ``channels`` where a clip is unlike most of its corpus."""
    for _, group in table[table["rate"] > 0].groupby("corpus", sort=False):
        for column in ("rate", "channels"):
            usual = Counter(group[column]).most_common(1)[0][0]
            for row in group.index[group[column] != usual]:
                flags[row].add(column)
    return flags


def _count(settings: CorpusSettings, name: str, found: Listing) -> list[str]:
    number, ids = registry.expected(name, settings)
    here = {clip.id for clip in found.clips}
    notes = [f"{name}: {path}: the name does not parse; set aside" for path in found.unparsed]
    if number is None or (len(here) == number and (not ids or here == ids)):
        return notes
    parts = [f"{name}: {len(here)} clips, {number} expected"]
    if ids:
        parts += [f"missing {_some(ids - here)}"] if ids - here else []
        parts += [f"unknown {_some(here - ids)}"] if here - ids else []
    if found.unparsed:
        parts.append(f"names that do not parse: {_some(found.unparsed)}")
    line = "; ".join(parts)
    if getattr(settings, "complete", True):
        raise CorpusError(
            f"{line}. Download it again, or set corpora.{name}.complete: false to go on without"
        )
    return [*notes, line]


def _some(names: Iterable[str]) -> str:
    """The first few names, and how many more."""
    ordered = sorted(names)
    more = f" and {len(ordered) - NAMED} more" if len(ordered) > NAMED else ""
    return ", ".join(ordered[:NAMED]) + more
