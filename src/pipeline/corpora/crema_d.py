"""CREMA-D: 91 actors, twelve sentences, six emotions, judged by 2443 listeners.

The Crowd-sourced Emotional Multimodal Actors Dataset was recorded in
Philadelphia and published by Houwei Cao, David Cooper and others in 2014. 48 men
and 43 women aged 20 to 74, of several origins, say twelve sentences in anger,
disgust, fear, happiness, sadness and neutrally; the first sentence ("It's eleven
o'clock") at low, medium and high intensity: 7442 clips at 16 kHz. A crowd rated
each clip by voice, by face and by both; ``heard`` is what most heard in the voice.

Names are ``1001_IEO_HAP_LO.wav``: actor, sentence, emotion, intensity (LO, MD,
HI, XX for unspecified). Age and sex per actor are in ``VideoDemographics.csv``.

Licence ODbL 1.0. Cite Cao H et al. (2014), IEEE Transactions on Affective
Computing 5(4), 377-390.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Final

from pipeline.config.corpora import PublicCorpus
from pipeline.core.errors import CorpusError
from pipeline.corpora import manifest
from pipeline.corpora.clip import Clip
from pipeline.corpora.fetch.source import Sources
from pipeline.corpora.files import Listing, listing

NAME: Final = "crema-d"
PATTERN: Final = re.compile(r"(1\d{3})_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX|X)")
EMOTION_CODES: Final = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
VOTE_LETTERS: Final = {code[0]: emotion for code, emotion in EMOTION_CODES.items()}
INTENSITIES: Final = {"LO": "low", "MD": "medium", "HI": "high", "XX": "", "X": ""}


def fetch(folder: Path, settings: PublicCorpus, sources: Sources) -> None:
    """Bring the clips one file at a time, and the two tables about them."""
    sources.bring(NAME, manifest.load(NAME), folder)


def clips(folder: Path, settings: PublicCorpus) -> Listing:
    """Join names with the actors' table and the listeners' votes."""
    actors = _table(folder, "VideoDemographics.csv", "ActorID")
    votes = _table(folder, "processedResults/summaryTable.csv", "FileName")

    def read(stem: str, path: str) -> Clip | None:
        return read_name(stem, path, actors, votes)

    return listing(folder, read)


def read_name(
    stem: str,
    path: str,
    actors: dict[str, dict[str, str]],
    votes: dict[str, dict[str, str]],
) -> Clip | None:
    """What a name and the tables say, or None when the name is not CREMA-D's.

    Example:
        >>> actors = {"1001": {"Age": "51", "Sex": "Male"}}
        >>> votes = {"1001_IEO_HAP_LO": {"VoiceVote": "N", "VoiceLevel": "71.67"}}
        >>> clip = read_name("1001_IEO_HAP_LO", "AudioWAV/1001_IEO_HAP_LO.wav", actors, votes)
        >>> clip.emotion, clip.intensity, clip.sex, clip.age, clip.heard
        ('happy', 'low', 'male', 51, 'neutral')
    """
    match = PATTERN.fullmatch(stem)
    if match is None or match[1] not in actors:
        return None
    actor, sentence, emotion, intensity = match.groups()
    heard, agreement = _vote(votes.get(stem, {}))
    return Clip(
        id=f"{NAME}/{stem}",
        corpus=NAME,
        path=path,
        speaker=f"{NAME}-{actor}",
        sex=actors[actor]["Sex"].lower(),
        emotion=EMOTION_CODES[emotion],
        intensity=INTENSITIES[intensity],
        statement=sentence,
        age=int(actors[actor]["Age"]),
        heard=heard,
        agreement=agreement,
    )


def _vote(row: dict[str, str]) -> tuple[str, float]:
    """The emotion with most votes by voice; a tie, written ``N:S``, is nobody's."""
    letter = row.get("VoiceVote", "")
    if letter not in VOTE_LETTERS:
        return "", 0.0
    return VOTE_LETTERS[letter], round(float(row["VoiceLevel"].split(":")[0]) / 100, 4)


def _table(folder: Path, name: str, key: str) -> dict[str, dict[str, str]]:
    path = folder / name
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row[key]: row for row in csv.DictReader(file)}
    except FileNotFoundError:
        raise CorpusError(f"{path}: missing; run the download stage again") from None
    except (KeyError, UnicodeDecodeError):
        raise CorpusError(f"{path}: has no column {key!r}; run the download stage again") from None
