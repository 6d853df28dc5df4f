"""From what a table or a folder's name says of your own recording to a clip."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from pipeline.config.corpora import FolderCorpus
from pipeline.core.emotions import EMOTIONS, NAME
from pipeline.corpora.clip import Clip

MISSPELT: Final = 0.75
"""How alike a label and a common name must be for the label to count as misspelt."""
SEXES: Final = {"female": "female", "f": "female", "w": "female", "male": "male", "m": "male"}
"""What a table may say of a speaker's sex, in small or capital letters."""
WHOLE: Final = re.compile(r"([0-9]+)(?:\.0+)?")
"""A whole number, also as a spreadsheet or pandas writes it beside empty cells."""


def clip(
    values: Mapping[str, str], path: str, name: str, settings: FolderCorpus
) -> tuple[Clip, list[str]]:
    """A clip, and what is wrong with its labels; a wrong one is empty in the clip.

    Args:
        values: by the fields of a clip, such as ``speaker``.
        path: of the file, relative to the corpus's folder.
        name: of the corpus.
        settings: of the corpus.
    """
    problems = []
    speaker = values.get("speaker", "")
    if not speaker:
        problems.append("the speaker is empty; no honest split can be made without it")
    emotion, wrong = emotion_of(values.get("emotion", ""), name, settings)
    problems += wrong
    sex, wrong = sex_of(values.get("sex", ""))
    problems += wrong
    repetition, wrong = _number(values.get("repetition", ""), "repetition")
    problems += wrong
    age, wrong = _number(values.get("age", ""), "age")
    problems += wrong
    found = Clip(
        id=f"{name}/{PurePosixPath(path).with_suffix('') if path else ''}",
        corpus=name,
        path=path,
        speaker=f"{name}-{speaker}",
        sex=sex,
        emotion=emotion,
        intensity=values.get("intensity", ""),
        statement=values.get("statement", ""),
        repetition=repetition,
        age=age,
    )
    return found, problems


def emotion_of(label: str, name: str, settings: FolderCorpus) -> tuple[str, list[str]]:
    """The label's translation, or its own name; one that looks misspelt is refused."""
    if label in settings.emotions:
        return settings.emotions[label], []
    if not label:
        return "", ["the emotion is empty; write it, or remove the line"]
    emotion = label.lower()
    if emotion in EMOTIONS:
        return emotion, []
    cure = f"translate your own labels with corpora.{name}.emotions"
    if close := difflib.get_close_matches(emotion, EMOTIONS, n=1, cutoff=MISSPELT):
        return "", [f"emotion {label!r}: did you mean {close[0]!r}? If not, {cure}"]
    if not NAME.fullmatch(emotion):
        return "", [f"emotion {label!r} is not written like {NAME.pattern}; {cure}"]
    return emotion, []


def sex_of(text: str) -> tuple[str, list[str]]:
    """A speaker's sex, or what is wrong with it.

    Example:
        >>> sex_of("F"), sex_of(""), sex_of("M")
        (('female', []), ('', []), ('male', []))
    """
    if not text or text.lower() in SEXES:
        return SEXES.get(text.lower(), ""), []
    return "", [f"sex {text!r} is none of female (f, w), male (m) and empty; write one of them"]


def _number(text: str, column: str) -> tuple[int, list[str]]:
    match = WHOLE.fullmatch(text)
    if text and match is None:
        return 0, [f"{column} {text!r} is not a whole number; write one, or leave it empty"]
    return int(match[1]) if match else 0, []
