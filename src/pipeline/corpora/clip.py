"""One recording, as its corpus describes it before the file is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clip:
    """What a file's name and its corpus's tables say of one recording.

    Attributes:
        id: ``<corpus>/<name without extension>``, the same for wav, flac and opus copies.
        corpus: name of the corpus.
        path: file, relative to the corpus's folder, with forward slashes.
        speaker: ``<corpus>-<speaker>``, unique across corpora.
        sex: ``female``, ``male`` or empty when unknown.
        emotion: one of :data:`pipeline.core.emotions.EMOTIONS`, or a name of the corpus's own.
        intensity: the corpus's own word (``normal``, ``strong``, ``low`` …) or empty.
        statement: what is said, as the corpus's code for it, or empty.
        repetition: which take, from 1; 0 when the corpus has none.
        age: the speaker's age in years, 0 when unknown.
        perceived: emotion that most listeners perceived in the voice alone, or empty.
        agreement: share of listeners (0 to 1) who perceived it, 0 when unknown.
    """

    id: str
    corpus: str
    path: str
    speaker: str
    sex: str
    emotion: str
    intensity: str = ""
    statement: str = ""
    repetition: int = 0
    age: int = 0
    perceived: str = ""
    agreement: float = 0.0
