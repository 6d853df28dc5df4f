"""The DVC graph: complete dependencies, and stages that run as their users run them."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.config.base import read_params
from pipeline.core import code
from tests.conftest import ROOT, Record
from tests.graph.projects import change, dvc, make_project, run

GRAPH = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]


@pytest.mark.parametrize("stage", sorted(set(GRAPH) - {"sources"}))
def test_a_stage_depends_on_its_own_code(stage: str) -> None:
    block = GRAPH[stage].get("do", GRAPH[stage])
    assert f"stages/{stage}.py" in block["cmd"].split()
    assert f"sources/{stage}.json" in block["deps"]


@pytest.mark.parametrize("stage", ["train", "embed"])
def test_networks_depend_on_the_code_of_their_family(stage: str) -> None:
    assert "sources/networks/${item.family}.json" in GRAPH[stage]["do"]["deps"]


def test_the_hashes_of_the_code_are_kept_up_to_date(tmp_path: Path) -> None:
    code.write(ROOT, tmp_path)
    written = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.json")}
    kept = ROOT / "sources"
    assert written == {path.relative_to(kept): path.read_text() for path in kept.rglob("*.json")}, (
        "run: dvc repro sources"
    )


def test_every_recipe_has_its_artifacts() -> None:
    artifacts = YAML(typ="safe").load(ROOT / "dvc.yaml")["artifacts"]
    wanted = {
        f"{recipe}-{kind}": f"models/{kind}/{recipe}"
        for recipe in read_params(ROOT / "params.yaml")["recipes"]
        for kind in ("networks", "heads")
    }
    assert {name: item["path"] for name, item in artifacts.items()} == wanted


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository of its own with the real graph, code and environment."""
    return make_project(tmp_path / "project")


@pytest.mark.slow
def test_the_demo_is_cooked_once(project: Path) -> None:
    change(project, corpora={"demo": {"kind": "demo", "speakers": 2, "seed": 1}})
    assert "Running stage 'index@demo'" in dvc(project, "repro", "index@demo")
    summary = json.loads((project / "reports/datasets/demo/summary.json").read_text())
    assert (summary["clips"], summary["speakers"], summary["synthetic"]) == (120, 2, True)
    assert "Running stage" not in dvc(project, "repro", "index@demo")


@pytest.mark.slow
def test_two_clean_runs_give_the_same_lock(project: Path) -> None:
    change(project, corpora={"demo": {"kind": "demo", "speakers": 2, "seed": 1}})
    dvc(project, "repro", "index@demo")
    first = YAML(typ="safe").load(project / "dvc.lock")
    for name in ("data", "reports", ".dvc/cache", "dvc.lock"):
        path = project / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    dvc(project, "repro", "index@demo")
    assert YAML(typ="safe").load(project / "dvc.lock") == first


@pytest.mark.slow
def test_an_index_setting_does_not_bring_the_corpus_again(project: Path) -> None:
    change(project, corpora={"demo": {"kind": "demo", "speakers": 2, "seed": 1}})
    dvc(project, "repro", "index@demo")
    change(project, index={"short_seconds": 0.4})
    said = dvc(project, "repro", "index@demo")
    assert "Stage 'download@demo' didn't change, skipping" in said
    assert "Running stage 'index@demo'" in said


@pytest.mark.slow
def test_a_views_setting_rebuilds_that_view_alone_and_a_recipe_rebuilds_none(
    project: Path,
) -> None:
    change(project, corpora={"demo": {"kind": "demo", "speakers": 2, "seed": 1}})
    views = ("view@demo-mel", "view@demo-mel-rgb")
    dvc(project, "repro", *views)
    assert (project / "data/views/demo-mel/sheet.png").is_file()
    settings = read_params(project / "params.yaml")
    change(
        project,
        views={"demo-mel": {**settings["views"]["demo-mel"], "top_db": 70.0}},
        recipes={"demo": {**settings["recipes"]["demo"], "title": "another"}},
    )
    said = dvc(project, "repro", *views)
    ran = [line for line in said.splitlines() if line.startswith("Running stage")]
    assert ran == ["Running stage 'view@demo-mel':"]


@pytest.mark.slow
def test_your_own_recordings_are_a_dataset(project: Path, record: Record) -> None:
    source = record("lab/angry/anna_1.wav", seed=1).parent.parent
    record("lab/sad/bert_1.wav", seed=2)
    lab = {
        "kind": "folder",
        "name": "lab",
        "path": str(source),
        "table": None,
        "emotions": {},
        "title": "Our lab",
        "licence": "private",
        "citation": "none",
        "non_commercial": True,
    }
    own = {"corpora": ["lab"], "optional": [], "source": str(source)}
    change(project, corpora={"lab": lab}, datasets={"lab": own})
    dvc(project, "repro", "index@lab")
    record("lab/sad/anna_2.wav", seed=3)
    assert "lab: 3 clips, 2 speakers" in dvc(project, "repro", "index@lab")


@pytest.mark.slow
def test_a_mirror_stands_in_for_the_official_server(project: Path, record: Record) -> None:
    clip = record("Actor_01/03-01-03-01-01-01-01.wav")
    with zipfile.ZipFile(clip.parent.parent / "ravdess.zip", "w") as archive:
        archive.write(clip, "Actor_01/03-01-03-01-01-01-01.wav")
    change(project, corpora={"ravdess": {"kind": "ravdess", "complete": False}})
    said = dvc(project, "repro", "index@ravdess", SER_MIRROR=str(clip.parent.parent))
    assert "CC BY-NC-SA 4.0 (not for commercial use)" in said
    assert "note: ravdess: 1 clips, 1440 expected" in said


@pytest.mark.slow
def test_an_optional_corpus_that_is_not_here_is_named_in_the_card(
    project: Path, record: Record
) -> None:
    clip = record("Actor_01/03-01-03-01-01-01-01.wav")
    with zipfile.ZipFile(clip.parent.parent / "ravdess.zip", "w") as archive:
        archive.write(clip, "Actor_01/03-01-03-01-01-01-01.wav")
    two = {
        "corpora": ["ravdess", "savee"],
        "optional": ["savee"],
        "source": "src/pipeline/corpora/manifests",
    }
    change(
        project,
        corpora={"ravdess": {"kind": "ravdess", "complete": False}},
        datasets={"two": two},
    )
    dvc(project, "repro", "index@two", SER_MIRROR=str(clip.parent.parent))
    card = (project / "reports/datasets/two/card.md").read_text()
    assert "Optional and not here: savee" in card


@pytest.mark.slow
def test_a_corpus_behind_a_form_says_what_to_do(project: Path) -> None:
    own = {"corpora": ["savee"], "optional": [], "source": "src/pipeline/corpora/manifests"}
    change(project, datasets={"savee": own})
    done = run(project, sys.executable, "-m", "dvc", "repro", "download@savee")
    assert done.returncode != 0
    assert "put AudioData.zip into data/incoming/ and run this again" in done.stderr


@pytest.mark.slow
def test_a_wrong_key_stops_the_stage_with_one_line(project: Path) -> None:
    change(project, index={"silnt_db": -50.0})
    done = run(project, ".venv/bin/python", "stages/index.py", "demo")
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "data/corpora/demo: not downloaded" in line or "did you mean 'silent_db'?" in line
