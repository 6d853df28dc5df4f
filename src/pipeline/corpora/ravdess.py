"""RAVDESS: 24 actors, two sentences, eight emotions, recorded in a Toronto studio.

The Ryerson Audio-Visual Database of Emotional Speech and Song was made at
Ryerson University by Steven Livingstone and Frank Russo and published in 2018.
Twelve women and twelve men, professional actors from Toronto with a neutral
North American accent, say "Kids are talking by the door" and "Dogs are sitting
by the door", twice each, in eight emotions at normal and strong intensity
(neutral has no strong form): 60 clips an actor, 1440 in all, 48 kHz 16-bit.
Five files are stereo with two equal channels, and one pair of clips of actor 07
holds the same take twice.

Names are seven two-digit codes, ``03-01-06-02-01-01-17.wav``: audio only,
speech, emotion, intensity, statement, repetition, actor; odd actors are men.

Licence CC BY-NC-SA 4.0: not for commercial use. Cite Livingstone SR, Russo FA
(2018), PLoS ONE 13(5): e0196391.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pipeline.config.corpora import PublicCorpus
from pipeline.core.emotions import EMOTIONS
from pipeline.corpora import manifest
from pipeline.corpora.clip import Clip
from pipeline.corpora.fetch.source import Sources
from pipeline.corpora.files import Listing, listing

NAME: Final = "ravdess"
PATTERN: Final = re.compile(r"03-01-(0[1-8])-(0[12])-(0[12])-(0[12])-(\d\d)")
INTENSITIES: Final = {"01": "normal", "02": "strong"}
STATEMENTS: Final = {"01": "kids", "02": "dogs"}


def fetch(folder: Path, settings: PublicCorpus, sources: Sources) -> None:
    """Bring the archive of all 24 actors and unpack it."""
    sources.bring(NAME, manifest.load(NAME), folder)


def clips(folder: Path, settings: PublicCorpus) -> Listing:
    """Read the seven codes of every name."""
    return listing(folder, read_name)


def read_name(stem: str, path: str, corpus: str = NAME) -> Clip | None:
    """What a file's name says, or None when it is not one of RAVDESS's.

    Example:
        >>> clip = read_name("03-01-06-02-01-01-17", "Actor_17/03-01-06-02-01-01-17.wav")
        >>> clip.speaker, clip.sex, clip.emotion, clip.intensity
        ('ravdess-17', 'male', 'fear', 'strong')
    """
    match = PATTERN.fullmatch(stem)
    if match is None:
        return None
    emotion, intensity, statement, repetition, actor = match.groups()
    return Clip(
        id=f"{corpus}/{stem}",
        corpus=corpus,
        path=path,
        speaker=f"{corpus}-{actor}",
        sex="male" if int(actor) % 2 else "female",
        emotion=EMOTIONS[int(emotion) - 1],
        intensity=INTENSITIES[intensity],
        statement=STATEMENTS[statement],
        repetition=int(repetition),
    )


def grid(actors: int, corpus: str = NAME) -> frozenset[str]:
    """The ids of all clips that so many actors speak; neutral has no strong form.

    Example:
        >>> len(grid(24))
        1440
    """
    return frozenset(
        f"{corpus}/03-01-{emotion:02}-{intensity:02}-{statement:02}-{take:02}-{actor:02}"
        for actor in range(1, actors + 1)
        for emotion in range(1, len(EMOTIONS) + 1)
        for intensity in (1, 2)
        for statement in (1, 2)
        for take in (1, 2)
        if not (emotion == 1 and intensity == 2)
    )
