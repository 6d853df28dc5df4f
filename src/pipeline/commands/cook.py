"""``ser cook``: ``dvc repro``, after clearing away what a killed one left behind.

DVC notes who reads and writes what in ``.dvc/tmp/rwlock`` and writes that file in place.
Killed at that moment it leaves half a file, and every later ``dvc repro`` stops there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from pipeline.errors import spoken

NOTES: Final = Path(".dvc/tmp/rwlock")


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
    with spoken():
        flags = [*(["--force"] if force else []), *(["--dry"] if dry else [])]
        raise SystemExit(reproduce_stages(targets or [], flags))


def reproduce_stages(targets: Sequence[str], flags: Sequence[str] = ()) -> int:
    """Run ``dvc repro`` on stages.

    Returns:
        Its exit status.
    """
    if clear_notes():
        typer.echo(f"note: {NOTES} was left half-written by a killed run and is removed")
    command = [sys.executable, "-m", "dvc", "repro", *flags, *targets]
    return subprocess.run(command, check=False).returncode
