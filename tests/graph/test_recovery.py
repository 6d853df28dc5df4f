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

from pipeline.config.yaml12 import read_yaml
from pipeline.graph.recovery import BEFORE, NOTES, clear_notes, forget_locks, keep_locks, mend_lock
from tests.graph.projects import make_small

KILLS = 10


def start(project: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "demo"],
        cwd=project,
        env={**os.environ, "SER_MIRROR": "", "PYTHONPATH": str(project / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output.decode()


def locks(project: Path) -> dict[str, Any]:
    """What DVC records of each stage; it writes the stages in no fixed order."""
    return {name: read_yaml(project / name)["stages"] for name in ("dvc.lock", "inputs/dvc.lock")}


def wipe(project: Path) -> None:
    """Leave nothing of a run, not even in the cache."""
    for name in ("data", "models", "reports", "checkpoints", ".dvc/cache"):
        shutil.rmtree(project / name)
    for name in ("dvc.lock", "inputs/dvc.lock"):
        (project / name).unlink()


@pytest.mark.slow
def test_killed_ten_times_a_recipe_ends_in_the_same_hashes(tmp_path: Path) -> None:
    calm = make_small(tmp_path / "calm", heads="svm-gaussian")
    killed = tmp_path / "killed"
    shutil.copytree(calm, killed, symlinks=True)
    begun = time.monotonic()
    finish(start(calm))
    seconds = time.monotonic() - begun
    moments = random.Random(0)
    kills = 0
    while kills < KILLS:
        process = start(killed)
        try:
            output, _ = process.communicate(timeout=moments.uniform(0.05, 0.3) * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
            process.communicate()
        else:
            assert process.returncode == 0, output.decode()
            wipe(killed)  # finished before the next kill: begin anew
    finish(start(killed))
    assert locks(killed) == locks(calm)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / NOTES
    path.parent.mkdir(parents=True)
    return path


def held_by(pid: int) -> str:
    return json.dumps({"write": {"/data": {"pid": pid, "cmd": "dvc repro"}}, "read": {}})


def test_half_written_notes_of_dvc_are_removed(notes: Path, tmp_path: Path) -> None:
    notes.write_text('{"read": {"data/')
    assert clear_notes(tmp_path)
    assert not notes.exists()


def test_sound_notes_of_dvc_are_left_alone(notes: Path, tmp_path: Path) -> None:
    notes.write_text(json.dumps({"read": {}, "write": {}}))
    assert not clear_notes(tmp_path)
    assert notes.exists()


def test_a_note_of_a_process_that_nobody_has_buried_is_cleared(notes: Path, tmp_path: Path) -> None:
    """Killed, but still in the table of processes, for its parent has not asked for it."""
    zombie = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    notes.write_text(held_by(zombie.pid))
    assert clear_notes(tmp_path)
    assert json.loads(notes.read_text())["write"] == {}
    zombie.wait()


def test_a_note_whose_number_belongs_to_another_program_by_now_is_cleared(
    notes: Path, tmp_path: Path
) -> None:
    notes.write_text(held_by(1))
    assert clear_notes(tmp_path, patience=0.0)


def test_a_note_of_a_living_dvc_is_left_to_it(notes: Path, tmp_path: Path) -> None:
    code = "import sys; sys.stdin.read()"
    living = subprocess.Popen([sys.executable, "-c", code, "dvc"], stdin=subprocess.PIPE)
    notes.write_text(held_by(living.pid))
    assert not clear_notes(tmp_path, patience=0.2)
    assert json.loads(notes.read_text())["write"]
    living.communicate()


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


@pytest.mark.parametrize("size", range(len(STAGES)))
def test_a_lock_that_was_cut_anywhere_is_mended(tmp_path: Path, size: int) -> None:
    path = tmp_path / "dvc.lock"
    path.write_text(STAGES)
    keep_locks([path], tmp_path)
    path.write_text(STAGES[:size])
    mend_lock(path, tmp_path)
    found = read_yaml(path)["stages"]
    assert set(found) == {"one", "two"}
    assert found["one"]["outs"][0]["size"] == 1


def test_a_cut_lock_without_a_copy_keeps_its_whole_stages(tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    path.write_text(STAGES[:-40])
    assert mend_lock(path, tmp_path)
    assert list(read_yaml(path)["stages"]) == ["one"]
    assert not (tmp_path / BEFORE).exists()


def test_a_sound_lock_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "papers/x/dvc.lock"
    path.parent.mkdir(parents=True)
    path.write_text(STAGES)
    keep_locks([path], tmp_path)
    assert not mend_lock(path, tmp_path)
    assert path.read_text() == STAGES
    forget_locks([path], tmp_path)
    assert not list((tmp_path / BEFORE).rglob("*.lock"))
