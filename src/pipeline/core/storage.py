"""Writing files so that a kill leaves the old one or the new one, never a half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.core.errors import SerError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` that takes its place when the block ends well.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with atomic_write(folder / "table.csv") as partial:
        ...     _ = partial.write_text("clip,fold")
        >>> [file.name for file in folder.iterdir()]
        ['table.csv']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, data: Any) -> None:
    """Write readable JSON with a stable layout."""
    with atomic_write(path) as partial:
        text = json.dumps(data, indent=2, ensure_ascii=False)
        partial.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, cure: str, error: type[SerError]) -> dict[str, Any]:
    """Read what ``write_json`` wrote.

    Args:
        path: of the file.
        cure: the command that makes it.
        error: raised where it is absent or broken.

    Example:
        >>> read_json(Path("nowhere/about.json"), "dvc repro train@demo", SerError)
        Traceback (most recent call last):
        ...
        pipeline.core.errors.SerError: nowhere/about.json: not there; make it with: dvc repro train@demo
    """
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"{path}: not there; make it with: {cure}") from None
    except ValueError as broken:
        raise error(f"{path}: not JSON ({broken}); make it again with: {cure}") from None
    return data
