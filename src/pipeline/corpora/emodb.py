"""EmoDB: ten German actors in Berlin's anechoic chamber, seven emotions.

The Berlin Database of Emotional Speech was recorded in 1997 and 1999 at the
Technical University of Berlin by Felix Burkhardt, Astrid Paeschke, Miriam
Rolfes, Walter Sendlmeier and Benjamin Weiss. Five women and five men say ten
everyday German sentences in anger, boredom, disgust, fear, happiness, sadness
and neutrally; 535 clips that listeners recognised are published at 16 kHz.

Names are ``03a01Fa.wav``: speaker, sentence, the German emotion's letter (W
anger, L boredom, E disgust, A fear, F happiness, T sadness, N neutral), take.

Licence CC BY 4.0. Cite Burkhardt F et al. (2005), Proc. Interspeech, 1517-1520.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pipeline.config.corpora import PublicCorpus
from pipeline.corpora import manifest
from pipeline.corpora.clip import Clip
from pipeline.corpora.fetch.source import Sources
from pipeline.corpora.files import Listing, listing

NAME: Final = "emodb"
PATTERN: Final = re.compile(r"(\d\d)([ab]\d\d)([WLEAFTN])([a-z]?)")
EMOTION_LETTERS: Final = {
    "W": "angry",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
SPEAKERS: Final = {
    "03": ("male", 31),
    "08": ("female", 34),
    "09": ("female", 21),
    "10": ("male", 32),
    "11": ("male", 26),
    "12": ("male", 30),
    "13": ("female", 32),
    "14": ("female", 35),
    "15": ("male", 25),
    "16": ("female", 31),
}


def fetch(folder: Path, settings: PublicCorpus, sources: Sources) -> None:
    """Bring the archive and unpack it."""
    sources.bring(NAME, manifest.load(NAME), folder)


def clips(folder: Path, settings: PublicCorpus) -> Listing:
    """Read speaker, sentence, emotion and take of every name."""
    return listing(folder, read_name)


def read_name(stem: str, path: str) -> Clip | None:
    """What a file's name says, or None when it is not one of EmoDB's.

    Example:
        >>> clip = read_name("03a01Fa", "wav/03a01Fa.wav")
        >>> clip.speaker, clip.sex, clip.emotion, clip.statement, clip.repetition
        ('emodb-03', 'male', 'happy', 'a01', 1)
    """
    match = PATTERN.fullmatch(stem)
    if match is None or match[1] not in SPEAKERS:
        return None
    speaker, sentence, letter, take = match.groups()
    sex, age = SPEAKERS[speaker]
    return Clip(
        id=f"{NAME}/{stem}",
        corpus=NAME,
        path=path,
        speaker=f"{NAME}-{speaker}",
        sex=sex,
        emotion=EMOTION_LETTERS[letter],
        statement=sentence,
        repetition=ord(take) - ord("a") + 1 if take else 0,
        age=age,
    )
