"""Exports by name, and recordings by file, folder or pattern."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import PackageError
from pipeline.core.storage import write_json
from pipeline.package import find


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder with one export."""
    (tmp_path / "demo").mkdir()
    write_json(tmp_path / "demo/package.json", {})
    return tmp_path


def test_the_only_export_needs_no_name(exports: Path) -> None:
    assert find.package(None, exports) == exports / "demo"


def test_an_export_is_found_by_name_or_folder(exports: Path) -> None:
    assert find.package("demo", exports) == find.package(str(exports / "demo")) == exports / "demo"


def test_no_export_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="make one with: ser export RECIPE"):
        find.package(None, tmp_path)


def test_of_two_exports_one_must_be_named(exports: Path) -> None:
    (exports / "best").mkdir()
    write_json(exports / "best/package.json", {})
    with pytest.raises(PackageError, match="name one: --model best"):
        find.package(None, exports)


def test_a_wrong_name_is_answered_with_the_nearest(exports: Path) -> None:
    with pytest.raises(PackageError, match=r"no model 'dmo'; did you mean 'demo'.*ser export dmo"):
        find.package("dmo", exports)


def test_graphs_are_used_where_they_are(exports: Path) -> None:
    assert find.runtime(exports / "demo") == "torch"
    (exports / "demo/graphs/onnx").mkdir(parents=True)
    assert find.runtime(exports / "demo") == "onnx"


def test_files_folders_patterns_and_lists_are_recordings(tmp_path: Path) -> None:
    for name in ("a.wav", "b.FLAC", "notes.txt", "deep/c.opus"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    a, b, c = tmp_path / "a.wav", tmp_path / "b.FLAC", tmp_path / "deep/c.opus"
    assert list(find.recordings([str(tmp_path)])) == [a, b, c]
    assert list(find.recordings([f"{tmp_path}/**/*.opus"])) == [c]
    assert list(find.recordings(["-", str(b)], [f"{a}\n", "\n"])) == [a, b]
    assert list(find.recordings([str(tmp_path / "notes.txt")])) == [tmp_path / "notes.txt"]


def test_a_file_that_is_missing_is_given_as_it_is() -> None:
    assert list(find.recordings(["nowhere.wav"])) == [Path("nowhere.wav")]
