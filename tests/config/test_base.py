"""A wrong configuration is refused with one line that names the key and the cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.base import parse, read_params
from pipeline.config.corpora import CorpusSettings, DatasetSettings, IndexSettings
from pipeline.config.folders import load
from pipeline.core.errors import ConfigError, DownloadError, exit_on_error

INDEX = {"silent_db": -60.0, "short_seconds": 0.3, "clipped_run": 8, "left_out": ["silent"]}


def refused(kind: Any, data: object, where: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        parse(kind, data, where)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_an_unknown_key_names_the_nearest() -> None:
    line = refused(IndexSettings, {**INDEX, "silnt_db": -50.0}, "index")
    assert line == "params.yaml: index.silnt_db is not a known key; did you mean 'silent_db'?"


def test_a_misspelt_key_counts_once_though_the_right_one_is_missing_too() -> None:
    wrong = {"silnt_db": -60.0, **{key: INDEX[key] for key in INDEX if key != "silent_db"}}
    line = refused(IndexSettings, wrong, "index")
    assert "index.silnt_db is not a known key; did you mean 'silent_db'?" in line


def test_a_key_inside_a_union_names_the_nearest() -> None:
    line = refused(CorpusSettings, {"kind": "demo", "speakers": 4, "seed": 1, "sede": 2}, "demo")
    assert "did you mean 'seed'?" in line


def test_a_missing_key_is_named() -> None:
    assert "datasets.demo.corpora is missing" in refused(DatasetSettings, {}, "datasets.demo")


def test_a_number_is_not_taken_from_text() -> None:
    line = refused(IndexSettings, {**INDEX, "clipped_run": "8"}, "index")
    assert "index.clipped_run: '8' should be a valid integer" in line


def test_a_wrong_choice_names_the_nearest() -> None:
    line = refused(IndexSettings, {**INDEX, "left_out": ["silnt"]}, "index")
    assert "did you mean 'silent'?" in line


def test_an_unknown_kind_of_corpus_names_the_nearest() -> None:
    line = refused(CorpusSettings, {"kind": "publik", "complete": True}, "corpora.x")
    assert "corpora.x.kind: 'publik' is not allowed; did you mean 'public'?" in line


def test_a_corpus_is_in_a_dataset_once() -> None:
    line = refused(DatasetSettings, {"corpora": ["a", "a"]})
    assert "'a' is named twice" in line


def test_the_file_that_describes_a_corpus_is_its_own() -> None:
    given = {"kind": "public", "corpus": "tess", "complete": True, "source": "tess.yaml"}
    line = refused(CorpusSettings, given, "corpora.tess")
    assert "source 'tess.yaml' should be 'src/pipeline/corpora/known/tess.yaml'" in line


def test_a_missing_section_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs/params.yaml").write_text("datasets: {demo: {corpora: [demo]}}\n")
    with pytest.raises(ConfigError, match="datasets: 'dmo' is not there; did you mean 'demo'"):
        load(DatasetSettings, "datasets", "dmo", root=tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [1", "line"),
        ("- a\n- b\n", "expected sections"),
        ("a: 1\na: 2\n", "the key 'a' is there twice"),
    ],
)
def test_a_file_that_is_not_params_is_named(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=reason) as caught:
        read_params(path)
    assert str(path) in str(caught.value)


def test_an_absent_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run from the repository's root"):
        read_params(tmp_path / "params.yaml")


def test_foreseen_errors_are_one_line_and_status_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, exit_on_error():
        raise DownloadError("a.zip: not found")
    assert caught.value.code == 1
    assert capsys.readouterr().err == "error: a.zip: not found\n"
