"""``ser``, as its users call it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config.corpora import CorpusSettings, IndexSettings, PublicCorpus
from pipeline.corpora import index, table
from tests.conftest import ROOT, Record


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A shell in a folder that holds the repository's params.yaml."""
    shutil.copy(ROOT / "params.yaml", tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def test_help_names_the_commands(runner: CliRunner) -> None:
    said = runner.invoke(app, ["--help"]).output
    assert "config" in said
    assert "dataset" in said


def test_config_show_prints_the_whole_file(runner: CliRunner) -> None:
    said = runner.invoke(app, ["config", "show", "--json"]).output
    assert json.loads(said)["datasets"]["four"]["optional"] == ["savee"]


def test_config_show_resolves_a_recipe(runner: CliRunner) -> None:
    said = runner.invoke(app, ["config", "show", "demo", "--json"]).output
    assert json.loads(said)["dataset"]["name"] == "demo"


def test_config_show_names_a_wrong_key(runner: CliRunner, tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(params.read_text().replace("silent_db", "silnt_db"))
    done = runner.invoke(app, ["config", "show"])
    assert done.exit_code == 1
    assert "index.silnt_db is not a known key; did you mean 'silent_db'?" in done.stderr


def test_dataset_list_says_what_is_indexed(runner: CliRunner) -> None:
    rows = json.loads(runner.invoke(app, ["dataset", "list", "--json"]).output)["datasets"]
    assert {"dataset": "demo", "corpora": ["demo"], "indexed": False} in rows


def test_dataset_show_counts_and_names_defects(
    runner: CliRunner, record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record("ravdess/03-01-03-01-01-01-01.wav", seed=1)
    record("ravdess/03-01-04-01-01-01-01.wav", seed=1)
    partial: dict[str, CorpusSettings] = {"ravdess": PublicCorpus(kind="ravdess", complete=False)}
    made = index.build(tmp_path, partial, index_settings, progress=False)
    table.write(made.table, tmp_path / "data/index/ravdess.csv")
    data = json.loads(runner.invoke(app, ["dataset", "show", "ravdess", "--json"]).output)
    assert (data["clips"], data["speakers"], data["left_out"]) == (2, 1, 2)
    assert data["by_emotion"] == {"happy": 1, "sad": 1}
    assert data["flags"] == {
        "conflict": [["ravdess/03-01-03-01-01-01-01", "ravdess/03-01-04-01-01-01-01"]]
    }
    assert "conflict (1)" in runner.invoke(app, ["dataset", "show", "ravdess"]).output


def test_dataset_show_says_how_to_make_an_index(runner: CliRunner) -> None:
    done = runner.invoke(app, ["dataset", "show", "demo"])
    assert done.exit_code == 1
    assert "dvc repro index@demo" in done.stderr


def test_dataset_show_names_the_nearest(runner: CliRunner) -> None:
    assert "did you mean 'demo'?" in runner.invoke(app, ["dataset", "show", "dmo"]).stderr
