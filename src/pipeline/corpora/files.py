"""Walking a corpus's folder and reading file names."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.core.errors import CorpusError
from pipeline.corpora import media
from pipeline.corpora.clip import Clip

AUDIO: Final = media.SUFFIXES | {".wav", ".flac", ".opus", ".ogg", ".mp3", ".aif", ".aiff"}


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found in a corpus's folder.

    Attributes:
        clips: the recordings, ordered by id.
        unparsed: audio files whose name does not parse, set aside and counted.
    """

    clips: tuple[Clip, ...]
    unparsed: tuple[str, ...] = ()


def listing(folder: Path, read_name: Callable[[str], Clip | None]) -> Listing:
    """Read every audio file's name below a folder.

    Args:
        folder: the corpus's folder.
        read_name: gives the clip for a file's path relative to ``folder``, or None when
            the name does not parse.

    Raises:
        CorpusError: the folder has no audio, or two files are the same clip.
    """
    paths = sorted(audio_files(folder))
    if not paths:
        raise CorpusError(f"{folder}: no audio files there; run the download stage again")
    clips: dict[str, Clip] = {}
    unparsed = []
    for path in paths:
        clip = read_name(path)
        if clip is None:
            unparsed.append(path)
        elif clip.id in clips:
            raise CorpusError(
                f"{folder}: {clips[clip.id].path} and {path} are the same clip; remove one of them"
            )
        else:
            clips[clip.id] = clip
    ordered = tuple(clips[key] for key in sorted(clips))
    return Listing(clips=ordered, unparsed=tuple(unparsed))


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for the same bytes where the file system allows, a copy elsewhere."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def audio_files(folder: Path) -> Iterable[str]:
    """Paths of audio files below a folder, relative to it, with forward slashes."""
    for path in folder.rglob("*"):
        if path.suffix.lower() in AUDIO and path.is_file():
            yield path.relative_to(folder).as_posix()
