"""Clips from file names: a pattern, labels for its codes, and tables of the corpus."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pipeline.core.errors import CorpusError
from pipeline.corpora.clip import Clip
from pipeline.corpora.description import FIELDS, Naming, Table
from pipeline.corpora.files import AUDIO, Listing, listing

Rows = Mapping[str, Mapping[str, str]]
NUMBERS: Final = ("age", "repetition")


def clips(folder: Path, corpus: str, naming: Naming) -> Listing:
    """Read the name of every audio file below a folder, and the corpus's tables.

    Raises:
        CorpusError: a table is missing, the folder has no audio, or two files are one clip.
    """
    tables = [(table, _rows(folder, table)) for table in naming.tables]
    return listing(folder, lambda path: read_name(path, corpus, naming, tables))


def read_name(
    path: str, corpus: str, naming: Naming, tables: list[tuple[Table, Rows]] | None = None
) -> Clip | None:
    """What a path says of a clip, or None when it does not fit the pattern.

    Args:
        path: relative to the corpus's folder, with forward slashes.
        corpus: name of the corpus.
        naming: how its names are read.
        tables: the corpus's tables with their rows.

    Example:
        >>> from pipeline.corpora.description import load
        >>> naming = load("ravdess").names()
        >>> clip = read_name("Actor_17/03-01-06-02-01-01-17.wav", "ravdess", naming)
        >>> clip.speaker, clip.sex, clip.emotion, clip.intensity
        ('ravdess-17', 'male', 'fear', 'strong')
    """
    stem = PurePosixPath(path).stem
    match = naming.compiled.fullmatch(str(PurePosixPath(path).with_suffix("")))
    if match is None:
        return None
    codes = {
        group: naming.aliases.get(group, {}).get(code or "", code or "")
        for group, code in match.groupdict().items()
    }
    speaker = codes["speaker"]
    fields = _fields(codes, naming)
    if fields is None or (naming.speakers and speaker not in naming.speakers):
        return None
    if speaker in naming.speakers:
        fields |= naming.speakers[speaker].model_dump(exclude_none=True)
    for table, rows in tables or []:
        row = rows.get(speaker if table.of == "speaker" else stem)
        if row is not None:
            fields |= _columns(row, table, naming)
        elif table.required:
            return None
    return Clip(
        **{
            **fields,
            "id": f"{corpus}/{(naming.id or stem).format(**codes)}",
            "corpus": corpus,
            "path": path,
            "speaker": f"{corpus}-{speaker}",
            "sex": fields.get("sex", ""),
        }
    )


def grid(corpus: str, naming: Naming, speakers: tuple[str, ...] | None = None) -> frozenset[str]:
    """The ids of all clips that were recorded by a plan; none where there is no plan.

    Args:
        corpus: name of the corpus.
        naming: of the corpus.
        speakers: other codes of speakers than the plan's.

    Example:
        >>> from pipeline.corpora.description import load
        >>> len(grid("ravdess", load("ravdess").names()))
        1440
    """
    if naming.grid is None:
        return frozenset()
    values = dict(naming.grid.values)
    if speakers is not None:
        values["speaker"] = speakers
    found = (dict(zip(values, codes, strict=True)) for codes in itertools.product(*values.values()))
    return frozenset(
        f"{corpus}/{naming.grid.clip.format(**codes)}"
        for codes in found
        if not any(item.items() <= codes.items() for item in naming.grid.without)
    )


def _fields(codes: Mapping[str, str], naming: Naming) -> dict[str, Any] | None:
    """The clip's fields that a name says; None where a code has no label."""
    fields: dict[str, Any] = {}
    for field in FIELDS:
        if field not in codes or field == "speaker":
            continue
        code = codes[field]
        labels = naming.labels.get(field)
        if labels is None or (not code and code not in labels and field != "emotion"):
            fields[field] = code
        elif code in labels:
            fields[field] = str(labels[code])
        else:
            return None
    for field in NUMBERS:
        if field in fields:
            fields[field] = int(fields[field] or 0)
    return fields


def _columns(row: Mapping[str, str], table: Table, naming: Naming) -> dict[str, Any]:
    """The clip's fields that a row says; a value without a label says nothing."""
    fields: dict[str, Any] = {}
    for field, column in table.columns.items():
        value = row[column].strip()
        labels = naming.labels.get(field)
        fields[field] = value if labels is None else str(labels.get(value, ""))
    if "age" in fields:
        fields["age"] = int(fields["age"]) if fields["age"].isdigit() else 0
    percent = fields.pop("agreement_percent", None)
    if percent is not None and fields.get("perceived"):
        fields["agreement"] = round(float(percent) / 100, 4)
    return fields


def _rows(folder: Path, table: Table) -> Rows:
    """The rows of a table by their key; it may lie one folder deeper, as archives pack it."""
    places = [folder / table.file, *sorted(folder.glob(f"*/{table.file}"))]
    path = next((place for place in places if place.is_file()), places[0])
    try:
        with path.open(encoding="utf-8", newline="") as file:
            tabs = path.suffix == ".tsv"
            reader = csv.DictReader(
                file,
                delimiter="\t" if tabs else ",",
                quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL,
            )
            needed = (table.key, *table.columns.values())
            lacking = [name for name in needed if name not in (reader.fieldnames or ())]
            if lacking:
                raise CorpusError(
                    f"{path}: has no column {lacking[0]!r}; run the download stage again"
                )
            return {_key(row[table.key]): row for row in reader}
    except FileNotFoundError:
        raise CorpusError(f"{path}: missing; run the download stage again") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: is not UTF-8 text; run the download stage again") from None


def _key(value: str) -> str:
    """A file's name without the extension, or any other key as it is."""
    path = PurePosixPath(value)
    return path.stem if path.suffix.lower() in AUDIO else value
