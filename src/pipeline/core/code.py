"""What the code of each stage does, as hashes: a stage goes stale when its code does, and else not.

DVC runs a stage anew when a file that it depends on has changed. Were those files the modules
themselves, a better comment would train every network again, and ``dvc.lock`` would be four
fifths names of modules. So the stage ``sources`` writes one small file for each stage, with a
hash for each module that the stage imports, and the stages depend on those files.

A hash is of the module's syntax tree without docstrings: comments, line breaks and words of
explanation are no part of it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pipeline.core.storage import write_json

PACKAGE: Final = "pipeline"
SPECTATORS: Final = ("errors", "provenance", "tracking")
"""Modules that stop or watch a stage and write none of its outputs: no reason to run it anew."""
FAMILIES: Final = ("networks", "config/networks")
"""Rooms where each family of networks has a module; only what trains that family depends on it."""


def write(root: Path, folder: Path) -> int:
    """Write the hashes of every stage's modules, and of every family's.

    Args:
        root: of the repository.
        folder: for ``<stage>.json`` and ``networks/<family>.json``; it is made.

    Returns:
        How many files were written.

    Raises:
        SyntaxError: a module cannot be parsed.
    """
    known: dict[Path, str] = {}

    def hashes(starts: list[Path], path: Path) -> None:
        modules = sorted({*starts, *(found for start in starts for found in imported(start, root))})
        for module in modules:
            if module not in known:
                known[module] = digest(module.read_text(encoding="utf-8"))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {name(module, root): known[module] for module in modules})

    scripts = [path for path in sorted((root / "stages").glob("*.py")) if path.stem != "sources"]
    for script in scripts:
        hashes([script], folder / f"{script.stem}.json")
    families = sorted((root / "src" / PACKAGE / FAMILIES[1]).glob("*.py"))
    families = [path for path in families if path.stem not in ("__init__", "network")]
    for family in families:
        rooms = [root / "src" / PACKAGE / room / family.name for room in FAMILIES]
        hashes(rooms, folder / "networks" / f"{family.stem}.json")
    return len(scripts) + len(families)


def digest(code: str) -> str:
    """A hash of what code does.

    Example:
        >>> digest("two = 1 + 1") == digest("two = (1 + 1)  # or so")
        True
        >>> digest("two = 2") == digest("two = 3")
        False
    """
    return hashlib.sha256(repr(_shape(ast.parse(code))).encode()).hexdigest()[:16]


def imported(start: Path, root: Path) -> set[Path]:
    """Modules of the package that a file imports, directly or not, but for spectators.

    Args:
        start: a script or a module.
        root: of the repository.
    """
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        for module in _modules(ast.parse(waiting.pop().read_text(encoding="utf-8"))):
            new = set(_files(module, root / "src")) - found
            found |= new
            waiting += sorted(new)
    return found


def name(path: Path, root: Path) -> str:
    """How a module is named in the files of hashes: its path in the repository."""
    return path.relative_to(root).as_posix()


def _shape(node: Any) -> Any:
    """A syntax tree as plain data, the same for every version of Python.

    Empty fields are left out, for a newer Python has more of them.
    """
    if isinstance(node, list):
        return [_shape(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {key: value for key, value in ast.iter_fields(node) if value not in (None, [])}
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        fields["body"] = [item for item in node.body if not _is_words(item)]
    if isinstance(node, ast.Constant):
        return type(node.value).__name__, repr(node.value)
    return type(node).__name__, [(key, _shape(value)) for key, value in fields.items()]


def _is_words(node: ast.stmt) -> bool:
    """Whether a statement is a bare string: a docstring, or one below a constant."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _modules(tree: ast.Module) -> Iterator[str]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        # What is imported for the type checker alone is never run.
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{item.name}" for item in node.names)


def _files(module: str, source: Path) -> Iterator[Path]:
    """A module's file, and the packages it lies in, for those are imported too."""
    parts = module.split(".")
    if parts[0] != PACKAGE or (parts[1:2] and parts[1] in SPECTATORS):
        return
    for depth in range(1, len(parts) + 1):
        stem = source.joinpath(*parts[:depth])
        yield from (
            path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file()
        )
