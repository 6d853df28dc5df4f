"""Exports by name, and recordings by file, folder or pattern."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pipeline.config.base import nearest
from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.corpora.files import AUDIO
from pipeline.package.about import PACKAGE
from pipeline.package.package import GRAPHS, Runtime

SOUNDS: Final = AUDIO | {".au", ".caf"}
"""Suffixes of recordings in a folder; a file that is named may have any."""
STDIN: Final = "-"


def package(model: str | None, exports: Path | None = None) -> Path:
    """The folder of a package.

    Args:
        model: a folder, or the name of an export; the only export there is if absent.
        exports: folder that ``ser export`` writes to; by default the repository's.

    Raises:
        PackageError: there is none, or more than one to choose from.
    """
    exports = exports or Layout().exports
    there = names(exports)
    if model is None:
        if len(there) == 1:
            return exports / there[0]
        if not there:
            raise PackageError(f"no model in {exports}; make one with: ser export RECIPE")
        raise PackageError(f"more than one model in {exports}; name one: --model {there[0]}")
    for folder in (Path(model), exports / model):
        if (folder / PACKAGE).is_file():
            return folder
    hint = f"{nearest(model, there)}, or make" if there else "make"
    raise PackageError(f"no model {model!r}; {hint} it with: ser export {Path(model).name}")


def names(exports: Path | None = None) -> list[str]:
    """The names of all exports."""
    exports = exports or Layout().exports
    there = (path.parent.name for path in exports.glob(f"*/{PACKAGE}"))
    # A name that begins with a dot is an export that is still being written.
    return sorted(name for name in there if not name.startswith("."))


def runtime(folder: Path) -> Runtime:
    """ONNX where a package has graphs, for it loads and predicts faster."""
    return "onnx" if (folder / GRAPHS / "onnx").is_dir() else "torch"


def recordings(words: Iterable[str], stdin: Iterable[str] = ()) -> Iterator[Path]:
    """Recordings by file, folder, pattern, or ``-`` for a list.

    Args:
        words: of a command line; one that matches nothing is given as it is.
        stdin: lines of names, read where a word is ``-``.
    """
    for word in words:
        path = Path(word)
        if word == STDIN:
            yield from recordings(line.strip() for line in stdin if line.strip() not in ("", STDIN))
        elif path.is_dir():
            yield from (file for file in sorted(path.rglob("*")) if file.suffix.lower() in SOUNDS)
        elif not path.exists() and glob.has_magic(word):
            # pathlib has no patterns that begin at the root.
            yield from (Path(found) for found in sorted(glob.glob(word, recursive=True)))  # noqa: PTH207
        else:
            yield path
