"""Folder: your own recordings.

Either a table lists them (see :mod:`pipeline.corpora.recordings`), with the columns
``path`` (relative to the folder), ``emotion`` and ``speaker``, and optionally ``sex``,
``intensity``, ``statement``, ``repetition`` and ``age``; or, without a table, each emotion
has a folder of that name, and below it either a folder per speaker or names that begin with
the speaker and an underscore (``angry/anna_03.wav``). Emotions have the common names, or
yours: the setting ``emotions`` translates them, and a label that it does not translate keeps
its own name.

Recordings are linked, not copied, where the file system allows. Licence and
citation are what you write in the settings.
"""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.config.corpora import FolderCorpus
from pipeline.core.errors import CorpusError
from pipeline.core.storage import atomic_folder
from pipeline.corpora import labels, recordings
from pipeline.corpora.clip import Clip
from pipeline.corpora.files import Listing, audio_files, link_or_copy

TABLE: Final = "recordings.csv"
"""The table's name in the folder of the corpus."""


def link(target: Path, name: str, settings: FolderCorpus) -> tuple[str, ...]:
    """Link the recordings that the table or the folders name; refuse the whole on any error.

    Args:
        target: the folder that they are linked into; it takes the place of an earlier one.
        name: of the corpus.
        settings: of the corpus.

    Returns:
        What a person should know of how the table was read.

    Raises:
        CorpusError: the folder or the table is not as it should be.
    """
    found, notes = check(name, settings)
    source = Path(settings.source).expanduser()
    with atomic_folder(target) as partial:
        for path in [*(clip.path for clip in found.clips), *found.unparsed]:
            place = partial / path
            place.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(source / path, place)
        if settings.table:
            shutil.copy2(source / settings.table, partial / TABLE)
    return notes


def check(name: str, settings: FolderCorpus) -> tuple[Listing, tuple[str, ...]]:
    """Read the folder or the table where it is; nothing is written.

    Args:
        name: of the corpus.
        settings: of the corpus.

    Returns:
        The recordings, and what a person should know of how the table was read.

    Raises:
        CorpusError: the folder or the table is not as it should be.
    """
    source = Path(settings.source).expanduser()
    if not source.is_dir():
        raise CorpusError(f"{source}: no such folder; set corpora.{name}.source to your recordings")
    table = source / settings.table if settings.table else None
    return _clips(source, table, name, settings)


def clips(folder: Path, name: str, settings: FolderCorpus) -> Listing:
    """Read the table, or the folders' names."""
    return _clips(folder, folder / TABLE if settings.table else None, name, settings)[0]


def _clips(
    folder: Path, table: Path | None, name: str, settings: FolderCorpus
) -> tuple[Listing, tuple[str, ...]]:
    if table is None:
        return _from_folders(folder, name, settings), ()
    found = recordings.read(table, folder, name, settings)
    return Listing(found.clips), found.notes


def _from_folders(folder: Path, name: str, settings: FolderCorpus) -> Listing:
    found: dict[str, Clip] = {}
    unparsed, errors = [], []
    for path in sorted(audio_files(folder)):
        parts = PurePosixPath(path).parts
        speaker = parts[1] if len(parts) == 3 else PurePosixPath(path).stem.partition("_")[0]
        if len(parts) not in (2, 3) or (len(parts) == 2 and "_" not in parts[1]):
            unparsed.append(path)
            continue
        values = {"emotion": parts[0], "speaker": speaker}
        clip, problems = labels.clip(values, path, name, settings)
        if clip.id in found:
            other = found[clip.id].path
            problems.append(f"differs from {other} by its ending alone; remove or rename one")
        found[clip.id] = clip
        errors += [f"{path}: {problem}" for problem in problems]
    if errors:
        raise CorpusError(recordings.summary(str(folder), errors))
    if not found:
        raise CorpusError(
            f"{folder}: no recordings in folders named after emotions; "
            "expected angry/anna_03.wav or angry/anna/03.wav, or set table: to a CSV"
        )
    ordered = tuple(found[key] for key in sorted(found))
    return Listing(clips=ordered, unparsed=tuple(unparsed))
