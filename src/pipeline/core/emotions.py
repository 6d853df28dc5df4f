"""The common names of emotions, in the order that tables and pictures show them.

Labels of every corpus are translated into these names where they mean the same. A corpus
may have an emotion that none of them means, such as EmoDB's boredom; it keeps a name of
its own, and recipes on that corpus may use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

EMOTIONS: Final = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
"""The common names: the eight emotions of RAVDESS, in its order."""

NAME: Final = re.compile(r"[a-z][a-z-]*")
"""How an emotion may be written."""


def ordered(names: Iterable[str]) -> list[str]:
    """Emotions without repetition: the common ones in their order, then others by the alphabet.

    Example:
        >>> ordered(["sad", "boredom", "neutral", "sad"])
        ['neutral', 'sad', 'boredom']
    """
    found = set(names)
    common = [name for name in EMOTIONS if name in found]
    return [*common, *sorted(found - set(common))]
