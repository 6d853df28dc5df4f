"""The eight names every corpus's labels are translated into."""

from __future__ import annotations

from typing import Final

EMOTIONS: Final = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
