"""Clearing away what a killed run of DVC left behind.

DVC notes which process reads and writes what in ``.dvc/tmp/rwlock``, and writes that
file and each ``dvc.lock`` in place. Killed at such a moment it leaves half a file, at
which every later run stops; killed at another, it leaves a note of a process that is no
more, or that its parent has not yet buried, and a later run waits for it in vain.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psutil

from pipeline.core.storage import atomic_write

NOTES: Final = Path(".dvc/tmp/rwlock")
BEFORE: Final = Path(".dvc/tmp/locks-before")
"""The lock files that a run began with; there only while it runs, or after it was killed."""

PATIENCE: Final = 5.0
"""Seconds that a killed process may take to go."""


def clear_notes(root: Path = Path(), patience: float = PATIENCE) -> bool:
    """Remove from DVC's notes what is half-written and what no living DVC holds.

    Args:
        root: of the repository.
        patience: seconds to wait for processes that are named there and still alive.

    Returns:
        Whether there was something to remove.
    """
    path = root / NOTES
    deadline = time.monotonic() + patience
    while True:
        try:
            notes = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return False
        except ValueError:
            path.unlink()
            return True
        held = {name: _living(notes.get(name) or {}) for name in ("write", "read")}
        if any(held.values()) and time.monotonic() < deadline:
            time.sleep(0.1)
            continue
        if held == {name: notes.get(name) or {} for name in ("write", "read")}:
            return False
        with atomic_write(path) as partial:
            partial.write_text(json.dumps(held), encoding="utf-8")
        return True


def _living(notes: dict[str, Any]) -> dict[str, Any]:
    """The notes of processes that are alive and run DVC."""
    kept = {}
    for path, infos in notes.items():
        if isinstance(infos, list):
            if alive := [info for info in infos if _runs_dvc(info["pid"])]:
                kept[path] = alive
        elif _runs_dvc(infos["pid"]):
            kept[path] = infos
    return kept


def _runs_dvc(pid: int) -> bool:
    """Whether a process is alive and is one of DVC's; its number may be another's by now."""
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return False
        words = process.cmdline()
        # A process that is just being started has no words yet.
        return not words or any("dvc" in word for word in words)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return bool(psutil.pid_exists(pid))


def keep_locks(locks: Sequence[Path], root: Path = Path()) -> None:
    """Lay a copy of each lock file aside while a run writes to them."""
    for path in locks:
        before = _before(path, root)
        before.parent.mkdir(parents=True, exist_ok=True)
        before.unlink(missing_ok=True)
        if path.is_file():
            with atomic_write(before) as partial:
                partial.write_bytes(path.read_bytes())


def forget_locks(locks: Sequence[Path], root: Path = Path()) -> None:
    """Remove the copies that :func:`keep_locks` made, when the run is over."""
    for path in locks:
        _before(path, root).unlink(missing_ok=True)


def mend_lock(path: Path, root: Path = Path()) -> bool:
    """Complete a lock file that a killed run was writing.

    Whole stages of the half are kept, and the others are as DVC had written them before the
    killed run; DVC finds the rest in its cache of runs.

    Args:
        path: of the lock file.
        root: of the repository.

    Returns:
        Whether there was something to mend.
    """
    before = _before(path, root)
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    known = (_stages(before.read_text(encoding="utf-8")) if before.is_file() else None) or {}
    found = _stages(text)
    # A run adds stages and takes none away: fewer than before are a beginning of the file.
    if found is not None and len(found) >= len(known):
        return False
    stages = {**known, **_rescued(text)}
    if stages:
        from dvc.utils.serialize import dump_yaml

        with atomic_write(path) as partial:
            dump_yaml(str(partial), {"schema": "2.0", "stages": stages})
    else:
        path.unlink()
    return True


def _before(path: Path, root: Path) -> Path:
    return root / BEFORE / path.relative_to(root)


def _stages(text: str) -> dict[str, Any] | None:
    """The stages of a sound lock file; nothing if DVC could not read it."""
    import yaml
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import Invalid

    from pipeline.config.yaml12 import Loader

    if not text.endswith("\n"):
        return None
    try:
        found = COMPILED_LOCKFILE_SCHEMA(yaml.load(text, Loader=Loader))
    except (yaml.YAMLError, Invalid):
        return None
    return dict(found.get("stages") or {})


def _rescued(text: str) -> dict[str, Any]:
    """The whole stages of a half: all but the last, which was being written."""
    lines = text.splitlines(keepends=True)
    heads = [
        place for place, line in enumerate(lines) if line[:2] == "  " and line[2:3].strip(" -\n")
    ]
    return (_stages("".join(lines[: heads[-1]])) or {}) if len(heads) > 1 else {}
