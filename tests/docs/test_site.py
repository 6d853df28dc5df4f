"""The documentation as a site: every page is reachable, and nothing is fetched from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs import hooks
from docs.generators import repository, rooms
from tests.conftest import ROOT

CONFIG = ROOT / "mkdocs.yml"
LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*? (?:src|href)=\"?([^\s\">]+)")


def settings() -> dict[str, Any]:
    """The site's settings; what only MkDocs can read is left as text."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("", lambda loader, tag, node: tag)
    loaded: dict[str, Any] = yaml.load(CONFIG.read_text(encoding="utf-8"), Loader)
    return loaded


def named(nav: Any) -> Iterator[str]:
    """The pages that a navigation names."""
    if isinstance(nav, str):
        yield nav
    for item in nav if isinstance(nav, list) else nav.values() if isinstance(nav, dict) else ():
        yield from named(item)


def test_every_page_is_in_the_navigation_and_every_entry_has_a_page() -> None:
    written = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    listed = [*named(settings()["nav"]), *named(list(hooks.navigation().values()))]
    assert len(listed) == len(set(listed))
    assert set(listed) == written | set(hooks.generated())


def test_every_room_has_a_page_of_the_reference() -> None:
    pages = hooks.generated()
    for room in rooms.graph():
        assert f"::: pipeline.{room}" in pages[f"reference/api/{room}.md"]


def test_the_papers_and_the_studies_are_pages() -> None:
    pages = repository.adopted()
    assert {path.parent.name for path in ROOT.glob("papers/*/README.md")} == {
        Path(page).stem for page in pages if page.startswith("papers/")
    }
    assert any(page.startswith("studies/") for page in pages)


def test_a_link_between_pages_that_lie_apart_is_kept() -> None:
    text = "[the paper](../../papers/ijraset/README.md), [recipes](../../docs/recipes.md)"
    there = "[the paper](../papers/ijraset.md), [recipes](../recipes.md)"
    assert repository.relinked(text, "studies/ladder.md") == there


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        pytest.skip("MkDocs is not installed; it comes with: make setup")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_the_site_is_built_strictly(site: Path) -> None:
    assert (site / "index.html").is_file()
    assert "<svg" in (site / "architecture/index.html").read_text(encoding="utf-8")
    assert "ser run" in (site / "reference/commands/index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_reader_fetches_nothing_from_elsewhere(site: Path) -> None:
    found = {
        address
        for page in site.rglob("*.html")
        for address in LOADED.findall(page.read_text(encoding="utf-8"))
    }
    assert found
    assert {address for address in found if address.startswith(("http:", "https:", "//"))} == set()
