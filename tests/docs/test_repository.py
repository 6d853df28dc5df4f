"""What tells people and tools about the repository agrees with it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> Any:
    """A YAML file at the top of the repository."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_citation_has_what_its_format_needs_and_the_version_of_the_package() -> None:
    citation = read("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    named = (citation["title"], citation["version"], citation["license"])
    assert named == (PROJECT["name"], PROJECT["version"], PROJECT["license"])


def test_hooks_before_a_commit_fetch_nothing_and_run_what_make_lint_runs() -> None:
    (repository,) = read(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    programs = {hook["entry"].split()[0] for hook in repository["hooks"]}
    assert programs == {".venv/bin/ruff", ".venv/bin/mypy"}
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}


PATHS = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PATHS)
def test_what_contributing_links_to_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-speech.lock"])
def test_a_lock_pins_hashes_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pinned = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert all(
        re.match(r"[a-z0-9-]+==\S+ .*\\\n +--hash=sha256:", item, re.DOTALL) for item in pinned
    )
    assert "://" not in text
    assert not re.search(r"^(torch|nvidia-.*|triton)==", text, re.MULTILINE)
