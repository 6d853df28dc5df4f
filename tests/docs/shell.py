"""The commands that a page shows, found in its code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("ser", "dvc", "make")
FENCE: Final = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE: Final = re.compile(r"`((?:\.venv/bin/)?(?:ser|dvc|make) [^`]+)`")
SHELLS: Final = ("", "console", "bash", "sh")
LINK: Final = re.compile(r"\s*(?:&&|\|\||\||;|\$\(|\))\s*")
COMMENT: Final = re.compile(r"(?:^|\s)#\s.*")
ASSIGNMENT: Final = re.compile(r"^(?:[A-Z_]+=\S*\s+)+")


@dataclass(frozen=True, slots=True)
class Shown:
    """A command in a page.

    Attributes:
        page: that shows it.
        words: of the command, its program first.
    """

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"


def commands(path: Path, name: str) -> Iterator[Shown]:
    """The commands of our programs that a page shows, in blocks and in sentences."""
    text = path.read_text(encoding="utf-8")
    for block in FENCE.finditer(text):
        if block[1] in SHELLS:
            for line in block[2].replace("\\\n", " ").splitlines():
                yield from _of_line(line.strip().removeprefix("$ "), name)
    for found in INLINE.finditer(FENCE.sub("", text)):
        yield from _of_line(" ".join(found[1].split()), name)


def defined(path: Path) -> set[str]:
    """Names that a page's own YAML defines, as examples of what a reader may write."""
    blocks = [block[2] for block in FENCE.finditer(path.read_text(encoding="utf-8"))]
    return {name for block in blocks for name in re.findall(r"^ +([a-z0-9-]+):", block, re.M)}


def _of_line(line: str, page: str) -> Iterator[Shown]:
    for part in LINK.split(COMMENT.sub("", line)):
        part = ASSIGNMENT.sub("", part.strip().removeprefix("export ")).removeprefix(".venv/bin/")
        if part.partition(" ")[0] in PROGRAMS and " " in part:
            yield Shown(page, tuple(shlex.split(part.replace("…", "").split(" > ")[0])))
