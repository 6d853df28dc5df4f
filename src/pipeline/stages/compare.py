"""Put recipes side by side."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evaluation.results import evaluated
from pipeline.reports import compare


def main(recipes: Sequence[str] = ()) -> None:
    """Compare some recipes, or all that have figures."""
    found = compare.compare(recipes or evaluated())
    print(f"{len(found['recipes'])} recipes side by side: {compare.write(found)}")
