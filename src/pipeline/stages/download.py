"""Bring a corpus to ``data/corpora/<corpus>``."""

from __future__ import annotations

from pathlib import Path

from pipeline.corpora.fetch.bring import bring_corpus


def main(name: str, root: Path = Path()) -> None:
    """Run the stage for a corpus."""
    bring_corpus(name, root)
