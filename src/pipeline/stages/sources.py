"""Hash what the code of every stage does, so that each is stale by its own code alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pipeline.config.base import read_params
from pipeline.config.folders import section_file
from pipeline.core import code
from pipeline.core.layout import Layout

ROOMS: Final = {"networks": "networks", "heads": "heads", "protocols": "splits/protocols"}
"""The room of the package that holds the modules of each section's kinds."""


def main() -> None:
    """Write the hashes of the repository that the program runs in."""
    layout = Layout()
    count = code.write(layout.root, layout.code, families(layout.root))
    print(f"{count} files of hashes: {layout.code}")


def families(root: Path) -> code.Families:
    """The modules behind every name of the sections whose kinds are found by name."""
    params = read_params(section_file("networks", root))
    kinds = {
        "networks": {name: [item] for name, item in params["networks"].items()},
        "heads": {name: list(items.values()) for name, items in params["heads"].items()},
        "protocols": {name: [item] for name, item in params["protocols"].items()},
    }
    return {
        section: {name: _modules(root, section, items) for name, items in entries.items()}
        for section, entries in kinds.items()
    }


def _modules(root: Path, section: str, items: Iterable[dict[str, Any]]) -> list[Path]:
    room = root / "src" / code.PACKAGE / ROOMS[section]
    return sorted({room / f"{item['kind'].replace('-', '_')}.py" for item in items})
