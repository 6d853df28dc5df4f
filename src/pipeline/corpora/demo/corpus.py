"""Demo: synthetic speech made by this repository's own code, for trying things out.

Nobody spoke. A source-filter voice renders sixteen invented speakers saying two
invented statements in RAVDESS's grid of eight emotions, two intensities and two
repetitions; names are RAVDESS's too. The same seed gives the same bytes. What is
measured on it tells whether the workbench works, and nothing about people:
everything made from it says "synthetic".

Licence CC0 1.0.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pipeline import THREADS
from pipeline.config.corpora import DemoCorpus
from pipeline.corpora.demo.synthesis import synthesize
from pipeline.corpora.fetch.source import Sources
from pipeline.corpora.files import Listing, listing
from pipeline.corpora.ravdess import read_name

NAME: Final = "demo"


def fetch(folder: Path, settings: DemoCorpus, sources: Sources) -> None:
    """Render every clip; a killed run leaves nothing under the final name."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    synthesize(
        partial,
        speakers=settings.speakers,
        seed=settings.seed,
        workers=THREADS,
        progress=sources.fetcher.progress,
    )
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def clips(folder: Path, settings: DemoCorpus) -> Listing:
    """Read RAVDESS's seven codes of every name."""
    return listing(folder, lambda stem, path: read_name(stem, path, corpus=NAME))
