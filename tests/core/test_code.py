"""Hashes of code: what changes them, and what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.core import code
from pipeline.core.layout import Layout
from pipeline.stages.sources import families
from tests.conftest import ROOT

FILES = {
    "stages/train.py": "from pipeline.stages import train\ntrain.main()\n",
    "src/pipeline/__init__.py": "",
    "src/pipeline/stages/__init__.py": "",
    "src/pipeline/stages/train.py": (
        "from typing import TYPE_CHECKING\n"
        "from pipeline import loop\nfrom pipeline.tracking import follow\n"
        "if TYPE_CHECKING:\n    from pipeline.views import View\n"
        "def main():\n    return loop.fit(follow)\n"
    ),
    "src/pipeline/loop.py": "RATE = 0.1\ndef fit(observer):\n    return RATE\n",
    "src/pipeline/tracking.py": "follow = None\n",
    "src/pipeline/views.py": "View = int\n",
    "src/pipeline/networks/__init__.py": "",
    "src/pipeline/networks/cnn.py": "from pipeline.networks.layers import pool\n",
    "src/pipeline/networks/layers.py": "pool = max\n",
    "src/pipeline/networks/mlp.py": "hidden = 64\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one stage and two families of networks."""
    for name, text in FILES.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def hashes(root: Path) -> dict[str, str]:
    """The content of every file of hashes, by its name."""
    networks = root / "src/pipeline/networks"
    entries = {name: [networks / f"{name}.py"] for name in ("cnn", "mlp")}
    code.write(root, root / "sources", {"networks": entries})
    return {
        path.relative_to(root / "sources").as_posix(): json.loads(path.read_text())["code"]
        for path in (root / "sources").rglob("*.json")
    }


def changed(root: Path, before: dict[str, str]) -> list[str]:
    after = hashes(root)
    return sorted(name for name in before if before[name] != after[name])


def test_a_stage_runs_what_it_imports_but_not_what_watches_it(root: Path) -> None:
    closure = code.Tree(root).closure([root / "stages/train.py"])
    assert {path.relative_to(root).as_posix() for path in closure} == {
        "stages/train.py",
        "src/pipeline/__init__.py",
        "src/pipeline/stages/__init__.py",
        "src/pipeline/stages/train.py",
        "src/pipeline/loop.py",
    }


def test_a_changed_function_changes_the_stages_that_run_it(root: Path) -> None:
    before = hashes(root)
    write(root, "src/pipeline/loop.py", "RATE = 0.2\ndef fit(observer):\n    return RATE\n")
    assert changed(root, before) == ["train.json"]


def test_a_changed_family_changes_no_stage_and_no_other_family(root: Path) -> None:
    before = hashes(root)
    write(root, "src/pipeline/networks/layers.py", "pool = min\n")
    assert changed(root, before) == ["networks/cnn.json"]


def test_comments_and_docstrings_change_nothing(root: Path) -> None:
    before = hashes(root)
    text = FILES["src/pipeline/loop.py"].replace(
        "    return", '    """Learn."""\n    # Slowly.\n    return'
    )
    write(root, "src/pipeline/loop.py", f'"""How networks learn."""\n{text}')
    assert changed(root, before) == []


def test_a_moved_and_renamed_module_changes_nothing(root: Path) -> None:
    before = hashes(root)
    (root / "src/pipeline/loop.py").unlink()
    write(root, "src/pipeline/training/__init__.py", "")
    write(root, "src/pipeline/training/fitting.py", FILES["src/pipeline/loop.py"])
    stage = FILES["src/pipeline/stages/train.py"]
    stage = stage.replace("from pipeline import loop", "from pipeline.training import fitting")
    write(root, "src/pipeline/stages/train.py", stage.replace("loop.fit", "fitting.fit"))
    assert changed(root, before) == []


def test_a_function_that_moves_to_another_module_changes_nothing(root: Path) -> None:
    before = hashes(root)
    write(root, "src/pipeline/rates.py", "RATE = 0.1\n")
    write(
        root,
        "src/pipeline/loop.py",
        "from pipeline.rates import RATE\ndef fit(observer):\n    return RATE\n",
    )
    assert changed(root, before) == []


def test_a_template_is_part_of_what_the_module_beside_it_does(root: Path) -> None:
    write(root, "src/pipeline/templates/page.html", "<p>")
    before = hashes(root)
    write(root, "src/pipeline/templates/page.html", "<div>")
    assert "train.json" in changed(root, before)


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
    assert code.digest_of("rate = 0.01\n") != code.digest_of(other)


def test_every_name_in_params_has_a_file_of_its_own(tmp_path: Path) -> None:
    found = families(ROOT)
    code.write(ROOT, tmp_path / "sources", found)
    written = {
        path.relative_to(tmp_path / "sources").with_suffix("").as_posix()
        for path in (tmp_path / "sources").rglob("*/*.json")
    }
    assert written == {f"{room}/{name}" for room, entries in found.items() for name in entries}


def test_the_recorded_hashes_are_up_to_date(tmp_path: Path) -> None:
    code.write(ROOT, tmp_path / "sources", families(ROOT))
    assert contents(tmp_path / "sources") == contents(Layout(ROOT).code), "run: dvc repro sources"


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.json")
    }
