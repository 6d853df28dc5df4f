"""The rooms of the package, and which room imports which: read from the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[2] / "src" / "pipeline"

ORDER: Final = (
    "core",
    "config",
    "corpora",
    "views",
    "splits",
    "networks",
    "training",
    "heads",
    "evaluation",
    "reports",
    "audit",
    "package",
    "tracking",
    "serving",
    "stages",
    "graph",
    "commands",
    "cli",
)
"""From the bottom to the top: a room may import those before it and none after."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module.

    Attributes:
        file: the importing file, relative to the package.
        line: of the import.
        module: what is imported, with all its dots.
    """

    file: Path
    line: int
    module: str

    @property
    def room(self) -> str:
        """The room that imports."""
        return self.file.parts[0].removesuffix(".py")

    @property
    def target(self) -> str | None:
        """The room that is imported; none for what is outside, or for the package itself."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == "pipeline" and parts[1:] else None

    def __str__(self) -> str:
        return f"{self.file.as_posix()}:{self.line} imports {self.module}"


def imports(package: Path = PACKAGE) -> list[Import]:
    """Every import of every module, also those inside functions and for the type checker."""
    found = []
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        file = path.relative_to(package)
        found += [Import(file, line, module) for line, module in _imported(tree, package)]
    return found


@cache
def graph(package: Path = PACKAGE) -> Mapping[str, frozenset[str]]:
    """The rooms that each room imports."""
    rooms = {path.stem for path in package.iterdir() if _is_room(path)}
    edges: dict[str, set[str]] = {room: set() for room in rooms}
    for item in imports(package):
        if item.room in rooms and item.target in rooms and item.target != item.room:
            edges[item.room].add(item.target)
    return {room: frozenset(found) for room, found in edges.items()}


def ranked(rooms: Mapping[str, object]) -> list[str]:
    """Rooms in their order, and behind them those that the order doesn't know."""
    return sorted(rooms, key=lambda room: (ORDER.index(room) if room in ORDER else 99, room))


def reduced(edges: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The imports that do not follow from others.

    Example:
        >>> three = {"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}
        >>> {room: sorted(found) for room, found in reduced(three).items()}
        {'a': ['b'], 'b': ['c'], 'c': []}
    """

    def below(room: str, seen: frozenset[str] = frozenset()) -> set[str]:
        found: set[str] = set()
        for other in edges[room] - seen:
            found |= {other} | below(other, seen | {room})
        return found

    return {
        room: frozenset(
            other for other in found if not any(other in below(way) for way in found - {other})
        )
        for room, found in edges.items()
    }


def purpose(room: str, package: Path = PACKAGE) -> str:
    """The first sentence of a room's docstring."""
    path = package / room / "__init__.py"
    path = path if path.is_file() else package / f"{room}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "`")


def table(edges: Mapping[str, frozenset[str]] | None = None) -> str:
    """The rooms from top to bottom as a table in Markdown."""
    edges = graph() if edges is None else edges
    lines = ["| room | what it is | imports |", "|---|---|---|"]
    for room in reversed(ranked(edges)):
        names = ", ".join(ranked(dict.fromkeys(edges[room])))
        lines.append(f"| [`{room}`](reference/api/{room}.md) | {purpose(room)} | {names} |")
    return "\n".join(lines)


def _is_room(path: Path) -> bool:
    if path.is_dir():
        return (path / "__init__.py").is_file()
    return path.suffix == ".py" and not path.stem.startswith("__")


def _imported(tree: ast.Module, package: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, item.name) for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for item in node.names:
                inner = package.parent.joinpath(*node.module.split("."), item.name)
                module = inner.is_dir() or inner.with_suffix(".py").is_file()
                yield node.lineno, f"{node.module}.{item.name}" if module else node.module
