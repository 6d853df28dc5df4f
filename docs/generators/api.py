"""The pages of the API reference: one page a room, one section a module."""

from __future__ import annotations

from pathlib import Path

from docs.generators.rooms import PACKAGE, graph, ranked


def pages(package: Path = PACKAGE) -> dict[str, str]:
    """The Markdown of each room's page, by the room's name."""
    return {room: page(room, package) for room in ranked(graph(package))}


def page(room: str, package: Path = PACKAGE) -> str:
    """One room's page, which mkdocstrings fills."""
    sections = "\n\n".join(f"::: {module}" for module in modules(room, package))
    return f"# {room}\n\n{sections}\n"


def modules(room: str, package: Path = PACKAGE) -> list[str]:
    """The modules of a room, those of its inner rooms behind its own.

    Migrations of the served page's database are run by a tool and imported by no code.
    """
    folder = package / room
    if not folder.is_dir():
        return [f"pipeline.{room}"]
    found = []
    for path in sorted(folder.rglob("*.py"), key=lambda path: (len(path.parts), path)):
        parts = path.relative_to(package.parent).with_suffix("").parts
        if "migrations" not in parts and parts[-1] != "__main__":
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found
