"""Stage: hash what the code of every stage does, so that each goes stale by its own code alone."""

from __future__ import annotations

from pathlib import Path

from pipeline import sources
from pipeline.errors import spoken

FOLDER = Path("sources")


def main() -> None:
    count = sources.write(Path(), FOLDER)
    print(f"{count} files of hashes: {FOLDER}")


if __name__ == "__main__":
    with spoken():
        main()
