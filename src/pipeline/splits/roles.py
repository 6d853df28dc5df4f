"""The parts that a clip can play in a fold."""

from __future__ import annotations

from typing import Final

TRAIN: Final = "train"
VALIDATION: Final = "validation"
TEST: Final = "test"
