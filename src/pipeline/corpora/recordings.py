"""The table of your own recordings: a line per clip, and everything wrong with it at once.

Separators are commas, semicolons or tabs, as the first line shows. Text is UTF-8, with a
byte-order mark or without, or UTF-16 with one; what is neither is read as Windows-1252,
which Latin-1 is a part of, and said so. Columns have the names below, or those that the setting
``columns`` gives: so the ``metadata.csv`` of a Hugging Face audio folder and the tables of
audformat are read as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.config.base import nearest
from pipeline.config.corpora import FolderCorpus
from pipeline.core.errors import CorpusError
from pipeline.corpora import labels
from pipeline.corpora.clip import Clip

REQUIRED: Final = ("path", "emotion", "speaker")
OPTIONAL: Final = ("sex", "intensity", "statement", "repetition", "age")
SEPARATORS: Final = (",", ";", "\t")
SEGMENTS: Final = frozenset({"start", "end"})
"""Columns of audformat's tables whose lines are parts of files."""
SHOWN: Final = 20
"""Errors of a table that are shown; more are counted."""

Values = Mapping[str, str]


@dataclass
class Recordings:
    """What a table lists.

    Attributes:
        clips: the recordings, ordered by id.
        notes: what was read otherwise than it is written.
    """

    clips: tuple[Clip, ...]
    notes: tuple[str, ...]


@dataclass
class _Reading:
    """What is known of a table while it is read."""

    errors: list[str] = field(default_factory=list)
    clips: dict[str, tuple[int, Clip]] = field(default_factory=dict)
    speakers: dict[str, tuple[int, str]] = field(default_factory=dict)
    sexes: dict[str, tuple[int, str]] = field(default_factory=dict)


def read(table: Path, folder: Path, name: str, settings: FolderCorpus) -> Recordings:
    """Read a table and check it against the files.

    Args:
        table: the file.
        folder: that its paths count from.
        name: of the corpus.
        settings: of the corpus.

    Raises:
        CorpusError: something is wrong; all of it is named, line by line.
    """
    text, note = decode(table)
    header, rows = _rows(text, table, settings)
    reading, places = _Reading(), (folder, Path(settings.source).expanduser())
    segments = set(header) >= SEGMENTS
    count = 0
    for count, (line, values, problems) in enumerate(rows, start=1):  # noqa: B007
        path, found = _path(values["path"], *places)
        problems += found
        clip, found = labels.clip(values, path, name, settings)
        problems += found
        problems += _against_others(clip, line, values, reading, segments=segments)
        reading.errors += [f"line {line}: {problem}" for problem in problems]
    if reading.errors:
        raise CorpusError(summary(str(table), reading.errors))
    if not count:
        raise CorpusError(f"{table}: lists no recording; add a line per clip")
    clips = sorted((clip for _, clip in reading.clips.values()), key=lambda clip: clip.id)
    return Recordings(tuple(clips), (note,) if note else ())


def summary(where: str, errors: list[str]) -> str:
    """All errors of a table or a folder: one as a line, several as a list that ends somewhere.

    Example:
        >>> print(summary("clips.csv", ["line 2: path is empty; write it"]))
        clips.csv line 2: path is empty; write it
        >>> print(summary("clips.csv", [f"line {line}: wrong" for line in range(2, 25)]))
        clips.csv: 23 errors; correct them all and run again
          line 2: wrong
          line 3: wrong
          ...
          line 21: wrong
          … and 3 more
    """
    if len(errors) == 1:
        return f"{where} {errors[0]}"
    more = [f"… and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
    lines = [f"{where}: {len(errors)} errors; correct them all and run again"]
    return "\n  ".join([*lines, *errors[:SHOWN], *more])


def decode(table: Path) -> tuple[str, str]:
    """The text of a table, and a note where its encoding had to be guessed.

    Raises:
        CorpusError: there is no such file, or it is no text.
    """
    try:
        data = table.read_bytes()
    except FileNotFoundError:
        raise CorpusError(f"{table}: no such file; write it, or set table: null") from None
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CorpusError(f"{table}: is no text; save it as CSV, not as a spreadsheet") from None
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig",)
    for encoding in (*encodings, "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding in encodings:
            return text, ""
        return text, (
            f"{table}: is not UTF-8 and was read as Latin-1 (Windows-1252); "
            "save it as UTF-8 if letters of names are wrong"
        )
    raise CorpusError(f"{table}: is no text; save it as UTF-8 CSV")


def separator(first: str, wanted: tuple[str, ...]) -> str:
    """What separates the columns of a first line: with it, most of the wanted ones are there.

    Example:
        >>> separator("path;emotion;speaker", ("path", "emotion", "speaker"))
        ';'
    """

    def fit(mark: str) -> tuple[int, int]:
        names = [item.strip() for item in next(csv.reader([first], delimiter=mark), [])]
        return len(set(names) & set(wanted)), len(names)

    return max(SEPARATORS, key=fit)


def _rows(
    text: str, table: Path, settings: FolderCorpus
) -> tuple[list[str], Iterator[tuple[int, dict[str, str], list[str]]]]:
    """The names of the columns, and each line's number, values by our names, and problems."""
    columns = {key: key for key in (*REQUIRED, *OPTIONAL)} | dict(settings.columns or {})
    first = text.partition("\n")[0]
    mark = separator(first, tuple(columns.values()))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    header = [item.strip() for item in next(reader, [])]
    _check_header(table, header, columns, settings)
    places = {key: header.index(column) for key, column in columns.items() if column in header}

    def rows() -> Iterator[tuple[int, dict[str, str], list[str]]]:
        try:
            for row in reader:
                if not any(item.strip() for item in row):
                    continue
                values = {
                    key: row[place].strip() if place < len(row) else ""
                    for key, place in places.items()
                }
                problems = []
                if len(row) != len(header):
                    problems.append(
                        f"{len(row)} values for {len(header)} columns; put a value with "
                        f"{'a tab' if mark == chr(9) else repr(mark)} in it into double quotes"
                    )
                yield reader.line_num, values, problems
        except csv.Error as error:
            raise CorpusError(f"{table} line {reader.line_num}: {error}; save it as CSV") from None

    return header, rows()


def _check_header(
    table: Path, header: list[str], columns: Mapping[str, str], settings: FolderCorpus
) -> None:
    """Stop where a column is missing, or is there twice."""
    needed = [columns[key] for key in (*REQUIRED, *(settings.columns or {}))]
    missing = [column for column in dict.fromkeys(needed) if column not in header]
    twice = sorted({column for column in columns.values() if header.count(column) > 1})
    if twice:
        raise CorpusError(f"{table}: the column {twice[0]!r} is there twice; rename one")
    if missing:
        named = f"no column {', '.join(map(repr, missing))}"
        close = f"; {nearest(missing[0], header)}" if any(header) else ""
        raise CorpusError(
            f"{table}: {named}{close}; the first line must name "
            f"{_some(columns, REQUIRED)} (and may name {_some(columns, OPTIONAL)}), or the "
            "corpus's setting columns says what they are called"
        )


def _some(columns: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return ", ".join(columns[key] for key in keys)


def _path(text: str, folder: Path, source: Path) -> tuple[str, list[str]]:
    """A path relative to the folder, with forward slashes, and what is wrong with it."""
    if not text:
        return "", [f"path is empty; write the file's path, relative to {folder}"]
    path = PurePosixPath(text)
    if "\\" in text and not (folder / path).is_file():
        path = PurePosixPath(text.replace("\\", "/"))
    for place in (folder, source):
        if path.is_absolute() and path.is_relative_to(place.resolve().as_posix()):
            path = path.relative_to(place.resolve().as_posix())
    if path.is_absolute() or ".." in path.parts:
        cure = "write it relative to that folder, or set source to one that holds all files"
        return str(path), [f"path {text!r} must lie inside {folder}; {cure}"]
    if not (folder / path).is_file():
        close = _alike(folder / path)
        cure = f"did you mean {close!r}?" if close else "add the file or remove the line"
        return str(path), [f"{path} is not in {folder}; {cure}"]
    return str(path), []


def _alike(path: Path) -> str | None:
    """A file beside another's place whose name differs by case or ending alone."""
    if not path.parent.is_dir():
        return None
    names = (item for item in sorted(path.parent.iterdir()) if item.is_file())
    return next((item.name for item in names if item.stem.lower() == path.stem.lower()), None)


def _against_others(
    clip: Clip, line: int, values: Values, reading: _Reading, *, segments: bool
) -> list[str]:
    """What is wrong with a line because of those before it."""
    problems = []
    if values["path"]:
        before = reading.clips.setdefault(clip.id, (line, clip))
        if before[0] != line and before[1].path == clip.path:
            cure = "cut the parts into files of their own" if segments else "remove one of them"
            problems.append(f"{clip.path} was listed on line {before[0]}; {cure}")
        elif before[0] != line:
            problems.append(
                f"{clip.path} differs from {before[1].path} on line {before[0]} by its ending "
                "alone; remove or rename one of them"
            )
    speaker = values["speaker"]
    if speaker:
        at, known = reading.speakers.setdefault(speaker.casefold(), (line, speaker))
        if known != speaker:
            problems.append(
                f"speaker {speaker!r} was written {known!r} on line {at}; write it alike"
            )
    if speaker and clip.sex:
        at, sex = reading.sexes.setdefault(speaker.casefold(), (line, clip.sex))
        if sex != clip.sex:
            problems.append(
                f"speaker {speaker!r} is {clip.sex} here and {sex} on line {at}; correct one"
            )
    return problems
