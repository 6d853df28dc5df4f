"""Settings of the audit: recipes that differ in who is tested, and in nothing else."""

from __future__ import annotations

from typing import Literal

from pipeline.config.base import Settings

Step = Literal["augmented-then-random", "random", "statement", "speaker", "corpus"]
"""Kinds of protocol, the leakiest first."""


class AuditSettings(Settings):
    """What is laid side by side.

    Attributes:
        ladder: by the name of a model, the recipe of each step from the leakiest split to
            the one that is farthest from training.
        matrix: by the number of emotions, and by the corpus that is trained on, the recipe
            that tests on the others.
    """

    ladder: dict[str, dict[Step, str]]
    matrix: dict[str, dict[str, str]]
