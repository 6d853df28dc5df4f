"""Put published figures beside what was measured here."""

from __future__ import annotations

from pipeline.audit import table
from pipeline.audit.figures import read_published
from pipeline.audit.settings import read_audit


def main() -> None:
    """Write the table of every published figure."""
    found = table.table(read_published(), read_audit())
    page = table.write(found)
    counts = ", ".join(f"{count} {word}" for word, count in found["verdicts"].items())
    print(f"published figures: {counts}; page: {page}")
