"""A notebook as a page of the site, with the outputs that are stored in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def page(path: Path) -> str:
    """A notebook's cells as Markdown."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join(part for cell in cells for part in _cell(cell)) + "\n"


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    source = _text(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
    elif source:
        yield f"```python\n{source}\n```"
        for output in cell["outputs"]:
            yield from _output(output)


def _output(output: dict[str, Any]) -> Iterator[str]:
    if output.get("name") == "stdout":
        yield f"```text\n{_text(output['text']).rstrip()}\n```"
    data = output.get("data", {})
    if "image/png" in data:
        yield f"![figure](data:image/png;base64,{_text(data['image/png']).strip()})"
    elif "text/plain" in data:
        yield f"```text\n{_text(data['text/plain'])}\n```"


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
