"""``ser dataset``, as its users call it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pipeline.commands.dataset import app
from pipeline.config.corpora import CorpusSettings, IndexSettings, PublicCorpus
from pipeline.core.layout import Layout
from pipeline.corpora.index import table
from pipeline.corpora.index.build import build
from tests.conftest import ROOT, Record


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A shell in a folder that holds the repository's inputs/params.yaml."""
    (tmp_path / "inputs").mkdir()
    shutil.copy(ROOT / "inputs/params.yaml", tmp_path / "inputs/params.yaml")
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def test_list_shows_datasets_with_their_licence(runner: CliRunner) -> None:
    rows = json.loads(runner.invoke(app, ["list", "--json"]).output)["datasets"]
    assert {
        "dataset": "ravdess",
        "corpora": ["ravdess"],
        "licence": "CC BY-NC-SA 4.0",
        "non_commercial": True,
        "indexed": False,
    } in rows


def test_list_shows_what_can_be_added(runner: CliRunner) -> None:
    known = json.loads(runner.invoke(app, ["list", "--json"]).output)["known"]
    assert "emodb" in [row["corpus"] for row in known]
    assert "ravdess" not in [row["corpus"] for row in known]
    assert "ser dataset add" in runner.invoke(app, ["list"]).output


def test_add_writes_the_entries_and_says_what_is_next(runner: CliRunner) -> None:
    said = runner.invoke(app, ["add", "savee"]).output
    assert "free for research" in said
    assert "put AudioData.zip into data/incoming/" in said
    assert "ser run index@savee" in said
    assert "savee" in Path("inputs/params.yaml").read_text()


def test_add_refuses_what_is_there(runner: CliRunner) -> None:
    done = runner.invoke(app, ["add", "ravdess"])
    assert done.exit_code == 1
    assert "corpora.ravdess is there already" in done.stderr


def test_show_counts_and_names_defects(
    runner: CliRunner, record: Record, tmp_path: Path, index_settings: IndexSettings
) -> None:
    record("ravdess/03-01-03-01-01-01-01.wav", seed=1)
    record("ravdess/03-01-04-01-01-01-01.wav", seed=1)
    partial: dict[str, CorpusSettings] = {
        "ravdess": PublicCorpus(kind="public", corpus="ravdess", complete=False)
    }
    made = build(tmp_path / "ravdess", partial, index_settings, progress=False)
    table.write(made.table, Layout().clips("ravdess"))
    data = json.loads(runner.invoke(app, ["show", "ravdess", "--json"]).output)
    assert (data["clips"], data["speakers"], data["left_out"]) == (2, 1, 2)
    assert data["by_emotion"] == {"happy": 1, "sad": 1}
    assert data["flags"] == {
        "conflict": [["ravdess/03-01-03-01-01-01-01", "ravdess/03-01-04-01-01-01-01"]]
    }
    assert "conflict (1)" in runner.invoke(app, ["show", "ravdess"]).output


def test_show_says_how_to_make_an_index(runner: CliRunner) -> None:
    done = runner.invoke(app, ["show", "demo"])
    assert done.exit_code == 1
    assert "ser run index@demo" in done.stderr


def test_show_names_the_nearest(runner: CliRunner) -> None:
    assert "did you mean 'demo'?" in runner.invoke(app, ["show", "dmo"]).stderr


def add_lab(folder: Path, table: str) -> None:
    """Write a dataset of own recordings into the repository's inputs/params.yaml."""
    path = Path("inputs/params.yaml")
    params = yaml.safe_load(path.read_text())
    params["corpora"]["lab"] = {
        "kind": "folder", "source": str(folder), "table": "clips.csv", "emotions": {},
        "title": "Lab", "licence": "private", "citation": "", "non_commercial": True,
    }  # fmt: skip
    params["datasets"]["lab"] = {"corpora": ["lab"]}
    path.write_text(yaml.safe_dump(params))
    (folder / "clips.csv").write_text(table)


def test_check_says_what_is_in_a_folder_of_own_recordings(
    runner: CliRunner, record: Record, tmp_path: Path
) -> None:
    record("lab/1.wav")
    record("lab/2.wav", seed=1)
    add_lab(tmp_path / "lab", "path,emotion,speaker\n1.wav,boredom,anna\n2.wav,sad,bert\n")
    done = runner.invoke(app, ["check", "lab"])
    assert done.output == f"lab: 2 clips of 2 speakers in {tmp_path}/lab: sad, boredom\n"


def test_check_names_all_that_is_wrong(runner: CliRunner, record: Record, tmp_path: Path) -> None:
    record("lab/1.wav")
    add_lab(tmp_path / "lab", "path,emotion,speaker\n1.wav,bord dom,anna\n2.wav,sad,\n")
    done = runner.invoke(app, ["check", "lab"])
    assert done.exit_code == 1
    assert "clips.csv: 3 errors; correct them all and run again" in done.stderr
    assert "line 3: the speaker is empty" in done.stderr


def test_check_is_for_own_recordings(runner: CliRunner) -> None:
    done = runner.invoke(app, ["check", "ravdess"])
    assert done.exit_code == 1
    assert "ravdess has no recordings of your own" in done.stderr
