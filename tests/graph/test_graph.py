"""The DVC graph, run as its users run it: what is made again, and what is not."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.base import read_params
from pipeline.config.yaml12 import read_yaml
from tests.conftest import Record
from tests.graph.projects import change, dvc, few_speakers, make_project, run, ser, stages_run

pytestmark = pytest.mark.slow
INDEX = "inputs/dvc.yaml:index@demo"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository of its own with the real graph, code and environment, and two speakers."""
    folder = make_project(tmp_path / "project")
    change(folder, corpora={"demo": few_speakers(folder, 2)})
    return folder


def test_an_index_is_made_once(project: Path) -> None:
    assert "index@demo" in stages_run(dvc(project, "repro", INDEX))
    summary = json.loads((project / "data/index/demo/summary.json").read_text())
    assert (summary["clips"], summary["speakers"], summary["synthetic"]) == (120, 2, True)
    assert stages_run(dvc(project, "repro", INDEX)) == []


def test_a_card_is_laid_where_git_keeps_it(project: Path) -> None:
    ser(project, "run", "card@demo")
    kept = {path.name for path in (project / "reports/datasets/demo").iterdir()}
    assert kept == {"card.md", "card.png", "summary.json", "croissant.json"}


def test_two_clean_runs_give_the_same_lock(project: Path) -> None:
    dvc(project, "repro", INDEX)
    first = read_yaml(project / "inputs/dvc.lock")
    for name in ("data", ".dvc/cache", "inputs/dvc.lock"):
        path = project / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    dvc(project, "repro", INDEX)
    assert read_yaml(project / "inputs/dvc.lock") == first


def test_an_index_setting_does_not_bring_the_corpus_again(project: Path) -> None:
    dvc(project, "repro", INDEX)
    change(project, index={"short_seconds": 0.4})
    assert stages_run(dvc(project, "repro", INDEX)) == ["index@demo"]


def test_a_views_setting_makes_that_view_again_alone(project: Path) -> None:
    views = ("view@demo-mel", "view@demo-mel-rgb")
    ser(project, "run", *views)
    assert (project / "data/views/demo-mel/sheet.png").is_file()
    settings = read_params(project / "inputs/params.yaml")
    change(project, views={"demo-mel": {**settings["views"]["demo-mel"], "top_db": 70.0}})
    assert stages_run(ser(project, "run", *views)) == ["view@demo-mel"]


def test_your_own_recordings_are_a_dataset(project: Path, record: Record) -> None:
    source = record("lab/angry/anna_1.wav", seed=1).parent.parent
    record("lab/sad/bert_1.wav", seed=2)
    lab: dict[str, Any] = {
        "kind": "folder",
        "source": str(source),
        "table": None,
        "emotions": {},
        "title": "Our lab",
        "licence": "private",
        "citation": "none",
        "non_commercial": True,
    }
    change(project, corpora={"lab": lab}, datasets={"lab": {"corpora": ["lab"]}})
    ser(project, "run", "index@lab")
    record("lab/sad/anna_2.wav", seed=3)
    assert "lab: 3 clips, 2 speakers" in ser(project, "run", "index@lab")


def test_a_mirror_stands_in_for_the_official_server(project: Path, record: Record) -> None:
    clip = record("Actor_01/03-01-03-01-01-01-01.wav")
    with zipfile.ZipFile(clip.parent.parent / "ravdess.zip", "w") as archive:
        archive.write(clip, "Actor_01/03-01-03-01-01-01-01.wav")
    inputs = read_params(project / "inputs/params.yaml")
    change(project, corpora={"ravdess": {**inputs["corpora"]["ravdess"], "complete": False}})
    output = ser(project, "run", "index@ravdess", SER_MIRROR=str(clip.parent.parent))
    assert "CC BY-NC-SA 4.0 (not for commercial use)" in output
    assert "note: ravdess: 1 clips, 1440 expected" in output


def test_a_corpus_behind_a_form_says_what_to_do(project: Path) -> None:
    ser(project, "dataset", "add", "savee")
    done = run(project, sys.executable, "-m", "dvc", "repro", "inputs/dvc.yaml:download@savee")
    assert done.returncode != 0
    assert "put AudioData.zip into data/incoming/ and run this again" in done.stderr


def test_a_wrong_key_stops_before_anything_runs(project: Path) -> None:
    change(project, index={"silnt_db": -50.0})
    done = run(project, sys.executable, "-m", "pipeline", "run", "demo", PYTHONPATH="src")
    assert done.returncode == 1
    assert "did you mean 'silent_db'?" in done.stderr
    assert "Running stage" not in done.stdout
    assert not (project / "data").exists()


def test_a_wrong_name_in_a_recipe_stops_before_anything_runs(project: Path) -> None:
    demo = read_params(project / "params.yaml")["recipes"]["demo"]
    change(project, recipes={"demo": {**demo, "view": "demo-mle"}})
    done = run(project, sys.executable, "-m", "pipeline", "run", "demo", PYTHONPATH="src")
    assert done.returncode == 1
    assert "recipes.demo.view: 'demo-mle' is not there; did you mean 'demo-mel'?" in done.stderr
    assert "Running stage" not in done.stdout
