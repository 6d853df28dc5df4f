"""Writing files so that a kill leaves the old one or the new one, never a half."""

from __future__ import annotations

import json
import shutil
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


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """An empty folder beside ``path`` that takes its place when the block ends well.

    Example:
        >>> import tempfile
        >>> parent = Path(tempfile.mkdtemp())
        >>> with atomic_folder(parent / "networks") as partial:
        ...     _ = (partial / "about.json").write_text("{}")
        >>> [file.relative_to(parent).as_posix() for file in parent.rglob("*.json")]
        ['networks/about.json']
    """
    partial = path.with_name(f".{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        if path.is_symlink() or path.is_file():
            path.unlink()
        shutil.rmtree(path, ignore_errors=True)
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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
        >>> read_json(Path("nowhere/about.json"), "ser run demo", SerError)
        Traceback (most recent call last):
        ...
        pipeline.core.errors.SerError: nowhere/about.json: not there; make it with: ser run demo
    """
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"{path}: not there; make it with: {cure}") from None
    except ValueError as broken:
        raise error(f"{path}: not JSON ({broken}); make it again with: {cure}") from None
    return data
