"""What MkDocs calls while it builds the site: generated pages, and links out of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from docs.generators import api, commands, metrics, notebook, parameters, picture, rooms  # noqa: E402

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

OUTSIDE: Final = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#]+)(#[^)]*)?\)")
"""A link that goes up; out of the site if what it names is no page of it."""


def generated(folder: Path = ROOT / "docs") -> dict[str, str]:
    """Every generated page, by its path in the site's sources."""
    found = {
        "reference/commands.md": commands.page(),
        "reference/parameters.md": parameters.page(),
        "reference/metrics.md": metrics.page(),
    }
    found |= {f"reference/api/{room}.md": text for room, text in api.pages().items()}
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        found[f"notebooks/{path.stem}.md"] = notebook.page(path)
    return found


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name a page of each room in the navigation, from the top of the house to the bottom."""
    reference = next(part["Reference"] for part in config.nav or [] if "Reference" in part)
    names = reversed(rooms.ranked(rooms.graph()))
    pages = [{f"pipeline.{room}": f"reference/api/{room}.md"} for room in names]
    reference.append({"API": pages})
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages to those that lie in the folder."""
    from mkdocs.structure.files import File

    for path, content in generated(Path(config.docs_dir)).items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in what a page has generated, and turn links to the repository's files to names."""
    if "<!-- rooms:" in markdown:
        markdown = markdown.replace("<!-- rooms: picture -->", picture.draw(link=_up(page)))
        markdown = markdown.replace("<!-- rooms: table -->", rooms.table())
    return OUTSIDE.sub(lambda link: _inside(link, page, Path(config.docs_dir)), markdown)


def _up(page: Page) -> str:
    return "../" * page.url.count("/") + "reference/api/{}/"


def _inside(link: re.Match[str], page: Page, folder: Path) -> str:
    target = (folder / Path(page.file.src_uri).parent / link[2]).resolve()
    if target.is_relative_to(folder) or target.relative_to(ROOT).parts[:1] == ("docs",):
        return link[0]
    name = target.relative_to(ROOT).as_posix() if target.is_relative_to(ROOT) else link[2]
    return f"`{name}`" if link[1].strip("`") == name else f"{link[1]} (`{name}`)"
