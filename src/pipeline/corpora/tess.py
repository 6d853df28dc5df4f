"""TESS: two women of Toronto say 200 words each in seven emotions.

The Toronto emotional speech set was recorded at the University of Toronto by
Kate Dupuis and Kathleen Pichora-Fuller for studies of hearing in older adults.
Two actresses, one of 26 years (YAF) and one of 64 (OAF), say "Say the word ..."
with 200 words of one syllable in anger, disgust, fear, happiness, pleasant
surprise, sadness and neutrally: 2800 clips at 24,414 Hz. In the official files
``YAF_germ_angry`` and ``YAF_neat_fear`` are AIFF inside ``.wav`` and
``OAF_food_fear`` is at 96 kHz.

With two speakers, the only honest split is one against the other.

Names are ``OAF_food_fear.wav``: speaker, word, emotion (``ps`` is pleasant
surprise); the official set has one name with the speaker written ``OA``.

Licence CC BY-NC-ND 4.0: not for commercial use. Cite Pichora-Fuller MK, Dupuis K
(2020), doi 10.5683/SP2/E8H2MF.
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

NAME: Final = "tess"
PATTERN: Final = re.compile(r"(OAF?|YAF)_([a-z]+)_(angry|disgust|fear|happy|neutral|ps|sad)", re.I)
AGES: Final = {"OAF": 64, "YAF": 26}


def fetch(folder: Path, settings: PublicCorpus, sources: Sources) -> None:
    """Bring the bundle of all files and unpack it."""
    sources.bring(NAME, manifest.load(NAME), folder)


def clips(folder: Path, settings: PublicCorpus) -> Listing:
    """Read speaker, word and emotion of every name."""
    return listing(folder, read_name)


def read_name(stem: str, path: str) -> Clip | None:
    """What a file's name says, or None when it is not one of TESS's.

    Example:
        >>> clip = read_name("OAF_food_fear", "OAF_fear/OAF_food_fear.wav")
        >>> clip.speaker, clip.statement, clip.emotion
        ('tess-OAF', 'food', 'fear')
    """
    match = PATTERN.fullmatch(stem)
    if match is None:
        return None
    speaker = "OAF" if match[1].upper().startswith("OA") else "YAF"
    word, emotion = match[2].lower(), match[3].lower()
    return Clip(
        id=f"{NAME}/{speaker}_{word}_{emotion}",
        corpus=NAME,
        path=path,
        speaker=f"{NAME}-{speaker}",
        sex="female",
        emotion="surprise" if emotion == "ps" else emotion,
        statement=word,
        age=AGES[speaker],
    )
