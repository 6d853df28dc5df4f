"""Killed at any moment, a recipe still ends in the bytes of an undisturbed run."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.commands.run import BEFORE, LOCK, NOTES, clear_notes, keep_lock, mend_lock
from tests.graph.projects import make_small

KILLS = 10


def start(project: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "cook", "evaluate@demo"],
        cwd=project,
        env={**os.environ, "SER_MIRROR": "", "PYTHONPATH": str(project / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def lock(project: Path) -> Any:
    """What dvc.lock records of each stage; DVC writes the stages in no fixed order."""
    return YAML(typ="safe").load(project / "dvc.lock")["stages"]


def cook(project: Path) -> None:
    process = start(project)
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said.decode()


def wipe(project: Path) -> None:
    """Leave nothing of what was cooked, not even in the cache."""
    for name in ("data", "models", "reports", "checkpoints", "dvc.lock", ".dvc/cache"):
        path = project / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@pytest.mark.slow
def test_killed_ten_times_a_recipe_ends_in_the_same_hashes(tmp_path: Path) -> None:
    heads = ["softmax", "svm", "xgboost"]
    calm = make_small(tmp_path / "calm", heads=heads)
    begun = time.monotonic()
    cook(calm)
    seconds = time.monotonic() - begun
    killed = make_small(tmp_path / "killed", heads=heads)
    chance = random.Random(0)
    deaths = 0
    while deaths < KILLS:
        process = start(killed)
        try:
            process.wait(timeout=chance.uniform(0.05, 0.3) * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            deaths += 1
        else:
            assert process.returncode == 0
            wipe(killed)  # done before the next kill: begin anew
        process.communicate()
    cook(killed)
    assert lock(killed) == lock(calm)


def test_half_written_notes_of_dvc_are_removed(tmp_path: Path) -> None:
    notes = tmp_path / NOTES
    notes.parent.mkdir(parents=True)
    notes.write_text('{"read": {"data/')
    assert clear_notes(tmp_path)
    assert not notes.exists()


def test_sound_notes_of_dvc_are_left_alone(tmp_path: Path) -> None:
    notes = tmp_path / NOTES
    notes.parent.mkdir(parents=True)
    notes.write_text(json.dumps({"read": {}, "write": {}}))
    assert not clear_notes(tmp_path)
    assert notes.exists()


STAGES = """\
schema: '2.0'
stages:
  one:
    cmd: first
    outs:
    - path: a
      hash: md5
      md5: 0cc175b9c0f1b6a831c399e269772661
      size: 1
  two:
    cmd: second
    deps:
    - path: a
      hash: md5
      md5: 0cc175b9c0f1b6a831c399e269772661
      size: 1
"""


@pytest.mark.parametrize("kept", range(len(STAGES)))
def test_a_lock_that_was_cut_anywhere_is_mended(tmp_path: Path, kept: int) -> None:
    path = tmp_path / LOCK
    path.write_text(STAGES)
    keep_lock(tmp_path)
    path.write_text(STAGES[:kept])
    mend_lock(tmp_path)
    found = lock(tmp_path)
    assert set(found) == {"one", "two"}
    assert found["one"]["outs"][0]["size"] == 1


def test_a_cut_lock_without_a_copy_keeps_its_whole_stages(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(STAGES[:-40])
    assert mend_lock(tmp_path)
    assert list(lock(tmp_path)) == ["one"]
    assert not (tmp_path / BEFORE).exists()


def test_a_sound_lock_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(STAGES)
    keep_lock(tmp_path)
    assert not mend_lock(tmp_path)
    assert (tmp_path / LOCK).read_text() == STAGES
