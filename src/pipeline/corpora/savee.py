"""SAVEE: four Englishmen at the University of Surrey, seven emotions.

Four native English men, researchers and students at Surrey aged 27 to 31, say
TIMIT sentences: 15 in each of anger, disgust, fear, happiness, sadness and
surprise, and 30 neutrally, 120 clips a speaker and 480 in all, 44.1 kHz.

Names are ``DC/a01.wav``: a folder per speaker (DC, JE, JK, KL), letters for the
emotion (a d f h n sa su), and the sentence's number.

The corpus is behind a registration form, so no program may fetch it: register,
then put ``AudioData.zip`` into ``data/incoming/``. Free for research; cite Haq S,
Jackson PJB (2010), doi 10.4018/978-1-61520-919-4.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.config.corpora import PublicCorpus
from pipeline.corpora import manifest
from pipeline.corpora.clip import Clip
from pipeline.corpora.fetch.source import Sources
from pipeline.corpora.files import Listing, listing

NAME: Final = "savee"
PATTERN: Final = re.compile(r"(?:(DC|JE|JK|KL)_)?(sa|su|[adfhn])(\d\d)")
SPEAKERS: Final = frozenset({"DC", "JE", "JK", "KL"})
EMOTION_LETTERS: Final = {
    "a": "angry",
    "d": "disgust",
    "f": "fear",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprise",
}


def fetch(folder: Path, settings: PublicCorpus, sources: Sources) -> None:
    """Unpack the archive that a person has put into the incoming folder."""
    sources.bring(NAME, manifest.load(NAME), folder)


def clips(folder: Path, settings: PublicCorpus) -> Listing:
    """Read the speaker's folder, the emotion's letters and the sentence."""
    return listing(folder, read_name)


def read_name(stem: str, path: str) -> Clip | None:
    """What a file's name and folder say, or None when they are not SAVEE's.

    Example:
        >>> clip = read_name("sa03", "AudioData/JK/sa03.wav")
        >>> clip.id, clip.emotion, clip.statement
        ('savee/JK_sa03', 'sad', 'sa03')
    """
    match = PATTERN.fullmatch(stem)
    if match is None:
        return None
    speaker = match[1] or PurePosixPath(path).parent.name
    if speaker not in SPEAKERS:
        return None
    letters, number = match[2], match[3]
    return Clip(
        id=f"{NAME}/{speaker}_{letters}{number}",
        corpus=NAME,
        path=path,
        speaker=f"{NAME}-{speaker}",
        sex="male",
        emotion=EMOTION_LETTERS[letters],
        statement=f"{letters}{number}",
    )
