"""The names that every corpus's labels are translated into."""

from __future__ import annotations

from typing import Final

EMOTIONS: Final = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
"""The eight emotions of RAVDESS, which the recipes choose from."""

LABELS: Final = (*EMOTIONS, "boredom")
"""Every label that an index may hold: EmoDB has boredom, which no recipe uses by default."""
