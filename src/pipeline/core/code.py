"""What the code of each stage does, as hashes: a stage is stale when its code does something else.

DVC runs a stage again when a file that it depends on has changed. Were those files the
modules themselves, a better comment would train every network again. So the stage
``sources`` writes one small file for each stage, with a hash of everything that the
stage's code defines, and the stages depend on those files.

What counts is the set of definitions: the functions, classes and constants of every
module of the package that the stage imports. Comments, docstrings, the order of
definitions, the names of modules and which of them a definition lies in are no part of
it, so that moving code from room to room makes nothing stale.

Families (networks, heads, protocols) are found by name when they are used, and nothing
imports them. Each entry of their sections in params.yaml gets a file of its own, so that
a change to one family makes only those recipes stale that use it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipeline.core.storage import atomic_folder, write_json

PACKAGE: Final = "pipeline"
UNWATCHED: Final = ("core.errors", "core.code", "stages.params", "training.provenance", "tracking")
"""Modules that check or watch a stage and write none of its outputs: no reason to run it again."""

TEMPLATES: Final = "templates"
"""Folders beside modules whose files are part of what those modules do."""

Families = Mapping[str, Mapping[str, Iterable[Path]]]
"""By section of params.yaml, by the name there: the modules that it uses."""


@dataclass
class Tree:
    """The modules of a repository, each read once.

    Attributes:
        root: of the repository.
    """

    root: Path
    _definitions: dict[Path, frozenset[str]] = field(default_factory=dict)
    _imports: dict[Path, frozenset[Path]] = field(default_factory=dict)

    @property
    def source(self) -> Path:
        """The folder that the package lies in."""
        return self.root / "src"

    def digest(self, starts: Iterable[Path]) -> str:
        """One hash of all that some files and what they import define."""
        found: set[str] = set()
        for path in self.closure(starts):
            found |= self.definitions(path)
        return _hash("\n".join(sorted(found)))

    def closure(self, starts: Iterable[Path]) -> set[Path]:
        """Files, and the modules that they import, directly or not."""
        found: set[Path] = set()
        waiting = list(starts)
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += self.imports(path)
        return found

    def definitions(self, path: Path) -> frozenset[str]:
        """A hash of each thing that a module defines or does, and of each template beside it."""
        if path not in self._definitions:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = _package_names(tree)
            hashes = {_hash(repr(_shape(node, names))) for node in tree.body if _counts(node)}
            templates = path.parent / TEMPLATES
            if templates.is_dir():
                hashes |= {_hash_bytes(file.read_bytes()) for file in sorted(templates.iterdir())}
            self._definitions[path] = frozenset(hashes)
        return self._definitions[path]

    def imports(self, path: Path) -> frozenset[Path]:
        """The package's modules that a file imports itself, but for the unwatched."""
        if path not in self._imports:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            files = (file for module in _modules(tree) for file in self._files(module))
            self._imports[path] = frozenset(files)
        return self._imports[path]

    def _files(self, module: str) -> Iterator[Path]:
        """A module's file, and the packages that it lies in, for those are imported too."""
        parts = module.split(".")
        inner = ".".join(parts[1:])
        if parts[0] != PACKAGE or any(
            inner == name or inner.startswith(f"{name}.") for name in UNWATCHED
        ):
            return
        for depth in range(1, len(parts) + 1):
            stem = self.source.joinpath(*parts[:depth])
            for path in (stem / "__init__.py", stem.with_suffix(".py")):
                if path.is_file():
                    yield path


def write(root: Path, folder: Path, families: Families) -> int:
    """Write the hash of every stage's code, and of every family that params.yaml names.

    Args:
        root: of the repository.
        folder: for ``<stage>.json`` and ``<section>/<name>.json``; it takes the old one's place.
        families: the modules behind each name.

    Returns:
        How many files were written.

    Raises:
        SyntaxError: a module cannot be parsed.
    """
    tree = Tree(root)
    files: dict[str, str] = {
        script.stem: tree.digest([script]) for script in sorted((root / "stages").glob("*.py"))
    }
    for section, entries in families.items():
        for name, modules in entries.items():
            files[f"{section}/{name}"] = tree.digest(modules)
    with atomic_folder(folder) as partial:
        for name, digest in files.items():
            write_json(partial / f"{name}.json", {"code": digest})
    return len(files)


def digest_of(code: str) -> str:
    """A hash of what a piece of code defines.

    Example:
        >>> digest_of("two = 1 + 1") == digest_of("two = (1 + 1)  # or so")
        True
        >>> digest_of("two = 2") == digest_of("two = 3")
        False
        >>> one = "from pipeline.training import loop; fit = loop.fit"
        >>> digest_of(one) == digest_of("from pipeline.engines import run; fit = run.fit")
        True
    """
    tree = ast.parse(code)
    names = _package_names(tree)
    shapes = sorted(_hash(repr(_shape(node, names))) for node in tree.body if _counts(node))
    return _hash("\n".join(shapes))


def _counts(node: ast.stmt) -> bool:
    """Whether a statement defines or does something: not a docstring, not an import of ours."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
        return False
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return False
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return False
    return not _is_text(node)


def _package_names(tree: ast.Module) -> frozenset[str]:
    """Names under which modules of the package are known in a file, as far as one can tell.

    ``from pipeline.training import loop`` may bring a module or a function; both are
    lower-case words, and what is behind the name is hashed where it is defined.
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            found |= {item.asname or item.name for item in node.names}
    return frozenset(found)


def _shape(node: Any, names: frozenset[str]) -> Any:
    """A syntax tree as plain data, the same for every version of Python.

    Empty fields are left out, for a newer Python has more of them. ``module.thing`` of a
    module of ours reads as ``thing``.
    """
    if isinstance(node, list):
        return [_shape(item, names) for item in node]
    if not isinstance(node, ast.AST):
        return node
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and node.value.id.islower()
    ):
        return "Name", [("id", node.attr)]
    if isinstance(node, ast.Name):
        return "Name", [("id", node.id)]
    fields = {key: value for key, value in ast.iter_fields(node) if value not in (None, [])}
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        fields["body"] = [item for item in node.body if _counts(item)]
    if isinstance(node, ast.Constant):
        return type(node.value).__name__, repr(node.value)
    return type(node).__name__, [(key, _shape(value, names)) for key, value in fields.items()]


def _is_text(node: ast.stmt) -> bool:
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


def _hash(text: str) -> str:
    return _hash_bytes(text.encode())


def _hash_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
