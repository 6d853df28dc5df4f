"""Stage: put all cooked recipes side by side."""

from __future__ import annotations

from pipeline.errors import spoken
from pipeline.reports import compare
from pipeline.results import cooked


def main() -> None:
    found = compare.compare(cooked())
    compare.write(found)
    print(f"{len(found['recipes'])} recipes side by side: {compare.OUT / 'compare.html'}")


if __name__ == "__main__":
    with spoken():
        main()
