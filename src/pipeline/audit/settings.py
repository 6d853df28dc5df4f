"""Settings of the audit: recipes that differ in who is tested, and in nothing else."""

from __future__ import annotations

from typing import Literal

from pipeline.config.base import Settings

Step = Literal["augmented-then-random", "random", "statement", "speaker", "corpus"]
"""Kinds of protocol, the leakiest first."""


class LadderSettings(Settings):
    """One model's way from the leakiest split to the one farthest from training.

    Attributes:
        head: whose figures are shown.
        steps: the recipe of each.
    """

    head: str
    steps: dict[Step, str]


class AuditSettings(Settings):
    """What is laid side by side.

    Attributes:
        ladder: by the name of a model.
        matrix: by the number of emotions, and by the corpus that is trained on, the recipe
            that tests on the others.
    """

    ladder: dict[str, LadderSettings]
    matrix: dict[str, dict[str, str]]
