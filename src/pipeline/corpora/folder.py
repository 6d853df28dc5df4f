"""Folder: your own recordings.

Either a CSV lists them, with the columns ``path`` (relative to the folder),
``emotion`` and ``speaker``, and optionally ``sex``, ``intensity``, ``statement``,
``repetition`` and ``age``; or, without a CSV, each emotion has a folder of that
name, and below it either a folder per speaker or names that begin with the
speaker and an underscore (``angry/anna_03.wav``). Emotions have the
common names, or yours: the setting ``emotions`` translates them, and a label that it does
not translate keeps its own name.

Recordings are linked, not copied, where the file system allows. Licence and
citation are what you write in the settings.
"""

from __future__ import annotations

import csv
import difflib
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.config.corpora import FolderCorpus
from pipeline.core.emotions import EMOTIONS, NAME
from pipeline.core.errors import CorpusError
from pipeline.core.storage import atomic_folder
from pipeline.corpora.clip import Clip
from pipeline.corpora.files import Listing, audio_files, link_or_copy

REQUIRED: Final = ("path", "emotion", "speaker")
OPTIONAL: Final = ("sex", "intensity", "statement", "repetition", "age")
TABLE: Final = "recordings.csv"
MISSPELT: Final = 0.75
"""How alike a label and a common name must be for the label to count as misspelt."""


def link(target: Path, name: str, settings: FolderCorpus) -> None:
    """Link the recordings that the table or the folders name; refuse the whole on any error.

    Args:
        target: the folder that they are linked into; it takes the place of an earlier one.
        name: of the corpus.
        settings: of the corpus.

    Raises:
        CorpusError: the folder or the table is not as it should be.
    """
    source = Path(settings.source).expanduser()
    if not source.is_dir():
        raise CorpusError(f"{source}: no such folder; set corpora.{name}.source to your recordings")
    table = source / settings.table if settings.table else None
    found = _clips(source, table, name, settings)
    with atomic_folder(target) as partial:
        for path in [*(clip.path for clip in found.clips), *found.unparsed]:
            place = partial / path
            place.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(source / path, place)
        if table:
            shutil.copy2(table, partial / TABLE)


def clips(folder: Path, name: str, settings: FolderCorpus) -> Listing:
    """Read the table, or the folders' names."""
    return _clips(folder, folder / TABLE if settings.table else None, name, settings)


def _clips(folder: Path, table: Path | None, name: str, settings: FolderCorpus) -> Listing:
    if table is None:
        return _from_folders(folder, name, settings)
    rows = list(_from_table(table, folder, name, settings))
    if not rows:
        raise CorpusError(f"{table}: lists no recording; add a line per clip")
    return Listing(clips=tuple(sorted(rows, key=lambda clip: clip.id)))


def _from_table(table: Path, folder: Path, name: str, settings: FolderCorpus) -> Iterator[Clip]:
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
        yield _clip(row, path, where, name, settings)


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


def _clip(row: dict[str, str], path: str, where: str, name: str, settings: FolderCorpus) -> Clip:
    speaker = (row.get("speaker") or "").strip()
    if not speaker:
        raise CorpusError(f"{where}: the speaker is empty; no honest split can be made without it")
    return Clip(
        id=f"{name}/{PurePosixPath(path).with_suffix('')}",
        corpus=name,
        path=path,
        speaker=f"{name}-{speaker}",
        sex=(row.get("sex") or "").strip().lower(),
        emotion=_emotion((row.get("emotion") or "").strip(), where, name, settings),
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


def _emotion(label: str, where: str, name: str, settings: FolderCorpus) -> str:
    """The label's translation, or its own name; one that looks misspelt is refused."""
    if label in settings.emotions:
        return settings.emotions[label]
    emotion = label.lower()
    if emotion in EMOTIONS:
        return emotion
    cure = f"translate your own labels with corpora.{name}.emotions"
    if close := difflib.get_close_matches(emotion, EMOTIONS, n=1, cutoff=MISSPELT):
        raise CorpusError(f"{where}: emotion {label!r}: did you mean {close[0]!r}? If not, {cure}")
    if not NAME.fullmatch(emotion):
        raise CorpusError(f"{where}: emotion {label!r} is not written like {NAME.pattern}; {cure}")
    return emotion


def _from_folders(folder: Path, name: str, settings: FolderCorpus) -> Listing:
    found, unparsed = [], []
    for path in sorted(audio_files(folder)):
        parts = PurePosixPath(path).parts
        speaker = parts[1] if len(parts) == 3 else PurePosixPath(path).stem.partition("_")[0]
        if len(parts) not in (2, 3) or (len(parts) == 2 and "_" not in parts[1]):
            unparsed.append(path)
            continue
        row = {"emotion": parts[0], "speaker": speaker}
        found.append(_clip(row, path, str(folder / path), name, settings))
    if not found:
        raise CorpusError(
            f"{folder}: no recordings in folders named after emotions; "
            "expected angry/anna_03.wav or angry/anna/03.wav, or set table: to a CSV"
        )
    return Listing(clips=tuple(sorted(found, key=lambda clip: clip.id)), unparsed=tuple(unparsed))
