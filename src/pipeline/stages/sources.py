"""Hash what the code of every stage does, so that each goes stale by its own code alone."""

from __future__ import annotations

from pathlib import Path

from pipeline.core import code

FOLDER = Path("sources")


def main() -> None:
    count = code.write(Path(), FOLDER)
    print(f"{count} files of hashes: {FOLDER}")
