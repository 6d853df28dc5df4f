"""Writing files so that a kill leaves the old one or the new one, never a half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` that takes its place when the block ends well.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with whole(folder / "table.csv") as partial:
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
    with whole(path) as partial:
        text = json.dumps(data, indent=2, ensure_ascii=False)
        partial.write_text(text + "\n", encoding="utf-8")
