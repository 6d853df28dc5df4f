"""``ser cook``: ``dvc repro``, after clearing away what a killed one left behind.

DVC notes who reads and writes what in ``.dvc/tmp/rwlock`` and writes that file in place.
Killed at that moment it leaves half a file, and every later ``dvc repro`` stops there.
The same is true of ``dvc.lock``, which is mended here: whole stages of the half are kept, and
the others are as they were before the killed run; DVC finds the rest in its cache of runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.core.errors import exit_on_error
from pipeline.core.storage import atomic_write

NOTES: Final = Path(".dvc/tmp/rwlock")
LOCK: Final = Path("dvc.lock")
BEFORE: Final = Path(".dvc/tmp/dvc.lock.before")
"""The ``dvc.lock`` that a run began with; there only while it runs, or after it was killed."""


def clear_notes(root: Path = Path()) -> bool:
    """Remove DVC's notes if they are half-written; sound ones, it clears by itself.

    Returns:
        Whether there was something to remove.
    """
    path = root / NOTES
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except ValueError:
        path.unlink()
        return True
    return False


def mend_lock(root: Path = Path()) -> bool:
    """Complete a ``dvc.lock`` that a killed run was writing.

    Returns:
        Whether there was something to mend.
    """
    path, before = root / LOCK, root / BEFORE
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
        yaml = YAML()
        yaml.default_flow_style = False
        with atomic_write(path) as partial:
            yaml.dump({"schema": "2.0", "stages": stages}, partial)
    else:
        path.unlink()
    return True


def keep_lock(root: Path = Path()) -> None:
    """Lay a copy of ``dvc.lock`` aside while a run writes to it."""
    path, before = root / LOCK, root / BEFORE
    before.parent.mkdir(parents=True, exist_ok=True)
    before.unlink(missing_ok=True)
    if path.is_file():
        with atomic_write(before) as partial:
            partial.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")


def _stages(text: str) -> dict[str, Any] | None:
    """The stages of a sound lock file; nothing if DVC could not read it."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import Invalid

    if not text.endswith("\n"):
        return None
    try:
        found = COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(text))
    except (YAMLError, Invalid):
        return None
    return dict(found.get("stages") or {})


def _rescued(text: str) -> dict[str, Any]:
    """The whole stages of a half: all but the last, which was being written."""
    lines = text.splitlines(keepends=True)
    heads = [
        place for place, line in enumerate(lines) if line[:2] == "  " and line[2:3].strip(" -\n")
    ]
    return (_stages("".join(lines[: heads[-1]])) or {}) if len(heads) > 1 else {}


def cook(
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="Stages, such as evaluate@demo; everything if absent."),
    ] = None,
    force: Annotated[bool, typer.Option(help="Run stages whose inputs did not change.")] = False,
    dry: Annotated[bool, typer.Option(help="Only say what would run.")] = False,
) -> None:
    """Cook stages with DVC, and go on where a killed run stopped.

    The same as dvc repro, which works as well; this one also clears a lock file that a
    kill has left half-written.

    Example: ser cook evaluate@demo
    """
    with exit_on_error():
        flags = [*(["--force"] if force else []), *(["--dry"] if dry else [])]
        raise SystemExit(reproduce_stages(targets or [], flags))


def reproduce_stages(targets: Sequence[str], flags: Sequence[str] = ()) -> int:
    """Run ``dvc repro`` on stages.

    Returns:
        Its exit status.
    """
    if clear_notes():
        typer.echo(f"note: {NOTES} was left half-written by a killed run and is removed")
    if mend_lock():
        typer.echo(f"note: {LOCK} was left half-written by a killed run and is mended")
    keep_lock()
    command = [sys.executable, "-m", "dvc", "repro", *flags, *targets]
    status = subprocess.run(command, check=False).returncode
    BEFORE.unlink(missing_ok=True)
    return status
