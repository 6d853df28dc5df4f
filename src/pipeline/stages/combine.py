"""Lay the corpora of a dataset side by side in ``data/corpora/<dataset>``."""

from __future__ import annotations

from pathlib import Path

from pipeline.corpora.combine import combine


def main(name: str, root: Path = Path()) -> None:
    """Run the stage for a dataset of several corpora."""
    print(f"{name}: {combine(name, root)}")
