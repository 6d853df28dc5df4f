"""Folder: your own recordings.

Either a CSV lists them, with the columns ``path`` (relative to the folder),
``emotion`` and ``speaker``, and optionally ``sex``, ``intensity``, ``statement``,
``repetition`` and ``age``; or, without a CSV, each emotion has a folder of that
name, and below it either a folder per speaker or names that begin with the
speaker and an underscore (``angry/anna_03.wav``). Emotions are the product's
names, or yours, translated by the setting ``emotions``.

Recordings are linked, not copied, where the file system allows. Licence and
citation are what you write in the settings.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.config.base import nearest
from pipeline.config.corpora import FolderCorpus
from pipeline.core.emotions import LABELS
from pipeline.core.errors import CorpusError
from pipeline.corpora.clip import Clip
from pipeline.corpora.fetch.source import Sources, link_or_copy
from pipeline.corpora.files import Listing, audio_files

REQUIRED: Final = ("path", "emotion", "speaker")
OPTIONAL: Final = ("sex", "intensity", "statement", "repetition", "age")
TABLE: Final = "recordings.csv"


def fetch(folder: Path, settings: FolderCorpus, sources: Sources) -> None:
    """Link the recordings that the table or the folders name; refuse the whole on any error."""
    source = Path(settings.path).expanduser()
    if not source.is_dir():
        raise CorpusError(f"{source}: no such folder; set corpora.<name>.path to your recordings")
    table = source / settings.table if settings.table else None
    found = _clips(source, table, settings)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for path in [*(clip.path for clip in found.clips), *found.strangers]:
        target = partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(source / path, target)
    if table:
        shutil.copy2(table, partial / TABLE)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def clips(folder: Path, settings: FolderCorpus) -> Listing:
    """Read the table, or the folders' names."""
    return _clips(folder, folder / TABLE if settings.table else None, settings)


def _clips(folder: Path, table: Path | None, settings: FolderCorpus) -> Listing:
    if table is None:
        return _from_folders(folder, settings)
    rows = list(_from_table(table, folder, settings))
    if not rows:
        raise CorpusError(f"{table}: lists no recording; add a line per clip")
    return Listing(clips=tuple(sorted(rows, key=lambda clip: clip.id)))


def _from_table(table: Path, folder: Path, settings: FolderCorpus) -> Iterator[Clip]:
    seen: dict[str, int] = {}
    for line, row in _read_rows(table):
        path = (row.get("path") or "").strip()
        where = f"{table} line {line}"
        if not path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise CorpusError(f"{where}: path {path!r} must lie inside {folder}")
        if path in seen:
            raise CorpusError(
                f"{where}: {path} was listed on line {seen[path]}; remove one of them"
            )
        seen[path] = line
        if not (folder / path).is_file():
            raise CorpusError(
                f"{where}: {path} is not in {folder}; add the file or remove the line"
            )
        yield _clip(row, path, where, settings)


def _read_rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            for column in REQUIRED:
                if column not in columns:
                    raise CorpusError(
                        f"{table}: no column {column!r}; the first line must name "
                        f"{', '.join(REQUIRED)} (and may name {', '.join(OPTIONAL)})"
                    )
            for row in reader:
                yield reader.line_num, row
    except FileNotFoundError:
        raise CorpusError(f"{table}: no such file; write it, or set table: null") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{table}: is not UTF-8 text; save it as UTF-8 CSV") from None


def _clip(row: dict[str, str], path: str, where: str, settings: FolderCorpus) -> Clip:
    speaker = (row.get("speaker") or "").strip()
    if not speaker:
        raise CorpusError(f"{where}: the speaker is empty; no honest split can be made without it")
    return Clip(
        id=f"{settings.name}/{PurePosixPath(path).with_suffix('')}",
        corpus=settings.name,
        path=path,
        speaker=f"{settings.name}-{speaker}",
        sex=(row.get("sex") or "").strip().lower(),
        emotion=_emotion((row.get("emotion") or "").strip(), where, settings),
        intensity=(row.get("intensity") or "").strip(),
        statement=(row.get("statement") or "").strip(),
        repetition=_number(row, "repetition", where),
        age=_number(row, "age", where),
    )


def _number(row: dict[str, str], column: str, where: str) -> int:
    text = (row.get(column) or "").strip()
    if text and not text.isdigit():
        raise CorpusError(f"{where}: {column} {text!r} is not a whole number")
    return int(text) if text else 0


def _emotion(label: str, where: str, settings: FolderCorpus) -> str:
    name = settings.emotions.get(label, label.lower())
    if name not in LABELS:
        raise CorpusError(
            f"{where}: unknown emotion {label!r}; {nearest(label.lower(), LABELS)} "
            f"Translate your own labels with corpora.{settings.name}.emotions"
        )
    return name


def _from_folders(folder: Path, settings: FolderCorpus) -> Listing:
    found, strangers = [], []
    for path in sorted(audio_files(folder)):
        parts = PurePosixPath(path).parts
        speaker = parts[1] if len(parts) == 3 else PurePosixPath(path).stem.partition("_")[0]
        if len(parts) not in (2, 3) or (len(parts) == 2 and "_" not in parts[1]):
            strangers.append(path)
            continue
        row = {"emotion": parts[0], "speaker": speaker}
        found.append(_clip(row, path, str(folder / path), settings))
    if not found:
        raise CorpusError(
            f"{folder}: no recordings in folders named after emotions; "
            "expected angry/anna_03.wav or angry/anna/03.wav, or set table: to a CSV"
        )
    return Listing(clips=tuple(sorted(found, key=lambda clip: clip.id)), strangers=tuple(strangers))
