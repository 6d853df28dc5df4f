"""Pages of the site that lie elsewhere in the repository, and links between all of them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PUBLISHED: Final = "results/published.md"
LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
"""A relative link: whether it is a picture, its words, its target, its place in that."""


def adopted(root: Path = ROOT) -> dict[str, Path]:
    """The files that are pages as they are, by the page's path.

    The table of published figures, and what each paper's and each study's folder says of itself.
    """
    found = {PUBLISHED: root / "reports/published.md"} if _has_table(root) else {}
    for parent in ("papers", "studies"):
        for path in sorted((root / parent).glob("*/README.md")):
            found[f"{parent}/{path.parent.name}.md"] = path
    return found


def title(path: Path) -> str:
    """The first heading of a page."""
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").strip()


def relinked(text: str, page: str, root: Path = ROOT) -> str:
    """A page's text with links that lead from where the page is in the site.

    What is no page of the site is named instead: a reader of the site has no repository.

    Args:
        text: as it is written.
        page: its path in the site.
        root: of the repository.

    Example:
        >>> relinked("[the graph](../dvc.yaml), [a](recipes.md#heads)", "dvc.md")
        'the graph (`dvc.yaml`), [a](recipes.md#heads)'
        >>> relinked("See [its parameters](params.yaml).", "papers/ijraset.md")
        'See its parameters (`papers/ijraset/params.yaml`).'
    """
    pages = {path.resolve(): name for name, path in adopted(root).items()}
    folder = (adopted(root).get(page) or root / "docs" / page).parent

    def turned(link: re.Match[str]) -> str:
        picture, words, target, place = link[1], link[2], link[3], link[4] or ""
        path = Path(os.path.normpath(folder / target))
        if path.is_relative_to(root / "docs"):
            inside = path.relative_to(root / "docs").as_posix()
        elif path in pages:
            inside = pages[path]
        else:
            name = path.relative_to(root).as_posix() if path.is_relative_to(root) else target
            return f"`{name}`" if words.strip("`") == name else f"{words} (`{name}`)"
        return f"{picture}[{words}]({os.path.relpath(inside, Path(page).parent)}{place})"

    return LINK.sub(turned, text)


def _has_table(root: Path) -> bool:
    return (root / "reports/published.md").is_file()
