"""Hashes of code: what moves them, and what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.config.networks import families, family
from pipeline.core import code
from tests.conftest import ROOT

FILES = {
    "stages/train.py": "from pipeline import training\nfrom pipeline.tracking import follow\n",
    "src/pipeline/__init__.py": "",
    "src/pipeline/training.py": (
        "from typing import TYPE_CHECKING\nfrom pipeline.config import networks\n"
        "if TYPE_CHECKING:\n    from pipeline.views import View\n"
    ),
    "src/pipeline/tracking.py": "from pipeline import views\n",
    "src/pipeline/views.py": "",
    "src/pipeline/config/__init__.py": "",
    "src/pipeline/config/networks/__init__.py": "",
    "src/pipeline/config/networks/network.py": "",
    "src/pipeline/config/networks/cnn.py": "CHANNELS = 3\n",
    "src/pipeline/networks/__init__.py": "",
    "src/pipeline/networks/cnn.py": "from pipeline.networks.layers import pool\n",
    "src/pipeline/networks/layers.py": "pool = max\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one stage and one family of networks."""
    for name, code in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    return tmp_path


def hashes(root: Path) -> dict[str, dict[str, str]]:
    folder = root / "sources"
    code.write(root, folder)
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text())
        for path in folder.rglob("*.json")
    }


def test_a_stage_has_its_script_and_every_module_that_it_runs(root: Path) -> None:
    assert set(hashes(root)["train.json"]) == {
        "stages/train.py",
        "src/pipeline/__init__.py",
        "src/pipeline/config/__init__.py",
        "src/pipeline/config/networks/__init__.py",
        "src/pipeline/training.py",
    }


def test_a_family_has_its_network_and_its_settings(root: Path) -> None:
    assert set(hashes(root)["networks/cnn.json"]) == {
        "src/pipeline/__init__.py",
        "src/pipeline/config/networks/cnn.py",
        "src/pipeline/networks/__init__.py",
        "src/pipeline/networks/cnn.py",
        "src/pipeline/networks/layers.py",
    }


def test_a_changed_network_leaves_the_stage_as_it_is(root: Path) -> None:
    before = hashes(root)
    (root / "src/pipeline/networks/layers.py").write_text("pool = min\n")
    after = hashes(root)
    assert [name for name in before if before[name] != after[name]] == ["networks/cnn.json"]


def test_words_move_no_hash(root: Path) -> None:
    before = hashes(root)
    path = root / "src/pipeline/training.py"
    path.write_text(f'"""How networks learn."""\n# Slowly.\n{path.read_text()}')
    assert hashes(root) == before


@pytest.mark.parametrize(
    "other",
    [
        "rate = 0.1\n",
        "rate = 1\n",
        "rate = '0.01'\n",
        "rate = -0.01\n",
        "def rate() -> float:\n    return 0.01\n",
    ],
)
def test_whatever_runs_otherwise_has_another_hash(other: str) -> None:
    assert code.digest("rate = 0.01\n") != code.digest(other)


def test_a_bare_string_is_words_wherever_it_stands() -> None:
    said = 'RATE = 1\n"""Of learning."""\n\nclass Way:\n    """Of going."""\n    x = 1\n'
    assert code.digest(said) == code.digest("RATE = 1\nclass Way:\n    x = 1\n")


@pytest.mark.parametrize("kind", families())
def test_every_family_is_hashed(kind: str) -> None:
    kept = json.loads((ROOT / f"sources/networks/{family(kind)}.json").read_text())
    assert f"src/pipeline/networks/{family(kind)}.py" in kept
    assert f"src/pipeline/config/networks/{family(kind)}.py" in kept
