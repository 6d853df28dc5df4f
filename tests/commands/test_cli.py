"""``ser``, as its users call it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config.corpora import CorpusSettings, DemoCorpus, IndexSettings
from pipeline.config.folders import load
from pipeline.config.views import ViewSettings
from pipeline.corpora import registry
from pipeline.corpora.index import table
from pipeline.corpora.index.build import build
from pipeline.views import pack
from tests.conftest import ROOT, Record


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A shell in a folder that holds the repository's params.yaml files."""
    for path in (ROOT / "params.yaml", *ROOT.glob("*/params.yaml"), *ROOT.glob("*/*/params.yaml")):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def test_help_names_the_commands(runner: CliRunner) -> None:
    said = runner.invoke(app, ["--help"]).output
    assert "config" in said
    assert "dataset" in said


def test_config_show_prints_the_whole_file(runner: CliRunner) -> None:
    said = runner.invoke(app, ["config", "show", "--json"]).output
    assert json.loads(said)["datasets"]["demo"]["corpora"] == ["demo"]


def test_config_show_resolves_a_recipe(runner: CliRunner) -> None:
    said = runner.invoke(app, ["config", "show", "demo", "--json"]).output
    assert json.loads(said)["dataset"]["name"] == "demo"


def test_config_show_names_a_wrong_key(runner: CliRunner, tmp_path: Path) -> None:
    params = tmp_path / "inputs/params.yaml"
    params.write_text(params.read_text().replace("silent_db", "silnt_db"))
    done = runner.invoke(app, ["config", "show"])
    assert done.exit_code == 1
    assert "index.silnt_db is not a known key; did you mean 'silent_db'?" in done.stderr


@pytest.fixture
def packed(
    runner: CliRunner, record: Record, tmp_path: Path, index_settings: IndexSettings
) -> CliRunner:
    """The same folder with two clips indexed and packed as demo-mel."""
    ids = sorted(registry.expected("demo", DemoCorpus(kind="demo", speakers=2, seed=1))[1])
    for number, clip in enumerate(ids):
        record(f"data/corpora/{clip}.wav", seed=number, seconds=0.4)
    demo: dict[str, CorpusSettings] = {"demo": DemoCorpus(kind="demo", speakers=2, seed=1)}
    made = build(tmp_path / "data/corpora/demo", demo, index_settings, progress=False)
    table.write(made.table, tmp_path / "data/index/demo/clips.csv")
    settings: ViewSettings = load(ViewSettings, "views", "demo-mel")  # type: ignore[arg-type]
    recordings = [
        (clip, tmp_path / "data/corpora/demo" / path, sound)
        for clip, path, sound in zip(
            made.table["id"][:2], made.table["path"][:2], made.table["hash"][:2], strict=True
        )
    ]
    folder = tmp_path / "data/views/demo-mel"
    pack.pack(recordings, settings, folder, tmp_path / "work", seed=0, progress=False)
    return runner


def test_images_show_draws_a_clip(packed: CliRunner, tmp_path: Path) -> None:
    done = packed.invoke(app, ["images", "show", "demo/03-01-01-01-01-01-01", "--out", "a.png"])
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_images_show_names_the_nearest_clip(packed: CliRunner) -> None:
    done = packed.invoke(app, ["images", "show", "demo/03-01-01-01-01-01-1"])
    assert done.exit_code == 1
    assert "did you mean 'demo/03-01-01-01-01-01-01'?" in done.stderr


def test_images_export_writes_pngs(packed: CliRunner, tmp_path: Path) -> None:
    done = packed.invoke(app, ["images", "export", "demo-mel", "out"])
    assert "2 images in out" in done.output
    assert len(list((tmp_path / "out").rglob("*.png"))) == 2


def test_images_export_refuses_rows_of_numbers(runner: CliRunner) -> None:
    done = runner.invoke(app, ["images", "export", "demo-vector", "out"])
    assert done.exit_code == 1
    assert "rows of numbers, not images" in done.stderr


def test_images_export_says_how_to_make_a_view(runner: CliRunner) -> None:
    done = runner.invoke(app, ["images", "export", "ravdess-mel", "out"])
    assert "ser run view@ravdess-mel" in done.stderr
