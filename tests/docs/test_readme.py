"""The README is short, and its tables are the reports'."""

from __future__ import annotations

import re

from docs.generators import readme

TEXT = readme.README.read_text(encoding="utf-8")


def test_it_is_a_landing_page() -> None:
    assert TEXT.count("\n") <= 150


def test_its_tables_are_what_the_reports_say() -> None:
    assert readme.made(TEXT) == TEXT, "run: .venv/bin/python docs/generators/readme.py"


def test_it_has_every_table() -> None:
    assert set(re.findall(r"<!-- (\w+) -->", TEXT)) == {*readme.TABLES, "end"}


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", TEXT)
    assert links
    assert all((readme.ROOT / link).exists() for link in links)
