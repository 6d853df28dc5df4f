"""Demo: synthetic speech made by this repository's own code, for trying things out.

A source-filter voice renders invented speakers who say two invented statements in RAVDESS's
grid of eight emotions, two intensities and two repetitions; names are RAVDESS's too. The
same seed gives the same bytes. What is measured on it tells whether the workbench works, and
nothing about people: everything made from it says "synthetic".
"""

from __future__ import annotations

from pathlib import Path

from pipeline import THREADS
from pipeline.config.corpora import DemoCorpus
from pipeline.core.storage import atomic_folder
from pipeline.corpora.demo.synthesis import synthesize


def render(target: Path, settings: DemoCorpus, *, progress: bool = True) -> None:
    """Render every clip; the folder takes the place of an earlier one when all are there.

    Args:
        target: the folder.
        settings: how many speakers, and the seed.
        progress: whether to show a progress bar.
    """
    with atomic_folder(target) as partial:
        synthesize(
            partial,
            speakers=settings.speakers,
            seed=settings.seed,
            workers=THREADS,
            progress=progress,
        )
