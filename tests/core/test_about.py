"""The about.json of a stage: what is written is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.about import ABOUT, About
from pipeline.core.errors import HeadError


class Example(About):
    """Facts as a stage has them."""

    recipe: str
    shape: tuple[int, ...]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    about = Example(recipe="demo", shape=(64, 128))
    about.write(tmp_path)
    assert Example.read(tmp_path, "ser run demo", HeadError) == about


def test_an_absent_file_names_its_cure(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match=r"about\.json: not there; make it with: ser run demo"):
        Example.read(tmp_path, "ser run demo", HeadError)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"recipe": "demo"}', r"about\.json: shape: field required; make it again with"),
        ('{"recipe": "demo", "shape": [1.5]}', r"about\.json: shape\.0: "),
        ('{"recipe": "demo", "shape": [], "old": 1}', r"about\.json: old: extra inputs"),
    ],
)
def test_a_file_of_another_version_names_the_field(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / ABOUT).write_text(text)
    with pytest.raises(HeadError, match=line):
        Example.read(tmp_path, "ser run demo", HeadError)
