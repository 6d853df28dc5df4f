"""Put all cooked recipes side by side, and beside what others published."""

from __future__ import annotations

from pipeline.audit import table as figures_table
from pipeline.audit.figures import read_published
from pipeline.audit.settings import AuditSettings
from pipeline.config.base import load
from pipeline.evaluation.results import cooked
from pipeline.reports import compare
from pipeline.reports.stored import OUT


def main() -> None:
    found = compare.compare(cooked())
    compare.write(found)
    print(f"{len(found['recipes'])} recipes side by side: {OUT / 'compare.html'}")
    table = figures_table.table(read_published(), load(AuditSettings, "audits"))
    figures_table.write(table)
    counts = ", ".join(f"{count} {word}" for word, count in table["verdicts"].items())
    print(f"published figures: {counts}; page: {OUT / 'published.html'}")
