"""Stage: put all cooked recipes side by side, and beside what others published."""

from __future__ import annotations

from pipeline.config.audits import AuditSettings
from pipeline.config.base import load
from pipeline.errors import spoken
from pipeline.published import read_published
from pipeline.reports import compare, published
from pipeline.reports.stored import OUT
from pipeline.results import cooked


def main() -> None:
    found = compare.compare(cooked())
    compare.write(found)
    print(f"{len(found['recipes'])} recipes side by side: {OUT / 'compare.html'}")
    table = published.table(read_published(), load(AuditSettings, "audits"))
    published.write(table)
    counts = ", ".join(f"{count} {word}" for word, count in table["verdicts"].items())
    print(f"published figures: {counts}; page: {OUT / 'published.html'}")


if __name__ == "__main__":
    with spoken():
        main()
