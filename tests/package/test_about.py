"""``package.json`` is written and read by one type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.core.errors import PackageError
from pipeline.package.about import PACKAGE, PackageAbout


def test_what_is_written_is_read_again(folder: Path, tmp_path: Path) -> None:
    about = PackageAbout.read(folder)
    about.write(tmp_path)
    assert PackageAbout.read(tmp_path) == about


def test_a_missing_key_is_named_with_the_cure(folder: Path, tmp_path: Path) -> None:
    data = json.loads((folder / PACKAGE).read_text())
    del data["runs"][0]["fold"]
    (tmp_path / PACKAGE).write_text(json.dumps(data))
    with pytest.raises(PackageError, match=r"damaged \(runs\.0\.fold: .*ser export"):
        PackageAbout.read(tmp_path)


def test_an_unknown_key_is_refused(folder: Path, tmp_path: Path) -> None:
    data = json.loads((folder / PACKAGE).read_text())
    (tmp_path / PACKAGE).write_text(json.dumps({**data, "members": []}))
    with pytest.raises(PackageError, match="members: Extra inputs"):
        PackageAbout.read(tmp_path)
