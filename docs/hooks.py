"""What MkDocs calls while it builds the site: generated pages, and links out of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from docs.generators import (  # noqa: E402
    api,
    commands,
    metrics,
    notebook,
    parameters,
    picture,
    repository,
    rooms,
)

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page


def generated() -> dict[str, str]:
    """Every page that does not lie in this folder, by its path in the site's sources."""
    found = {
        "reference/commands.md": commands.page(),
        "reference/parameters.md": parameters.page(),
        "reference/metrics.md": metrics.page(),
    }
    found |= {f"reference/api/{room}.md": text for room, text in api.pages().items()}
    for path in sorted((ROOT / "docs/notebooks").glob("*.ipynb")):
        found[f"notebooks/{path.stem}.md"] = notebook.page(path)
    for page, path in repository.adopted().items():
        found[page] = path.read_text(encoding="utf-8")
    return found


def navigation() -> dict[str, list[Any]]:
    """The pages that are added to a section of the navigation, by the section's name."""
    pages = repository.adopted()
    named = {page: {repository.title(path): page} for page, path in pages.items()}
    names = reversed(rooms.ranked(rooms.graph()))
    return {
        "Papers": [entry for page, entry in named.items() if not page.startswith("studies/")],
        "Studies": [entry for page, entry in named.items() if page.startswith("studies/")],
        "Reference": [
            {"API": [{f"pipeline.{room}": f"reference/api/{room}.md"} for room in names]}
        ],
    }


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Complete the navigation."""
    for section, pages in navigation().items():
        for part in config.nav or []:
            if section in part:
                part[section] = [*(part[section] or []), *pages]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages to those that lie in the folder."""
    from mkdocs.structure.files import File

    for path, content in generated().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in what a page has generated, and turn links to the repository's files to names."""
    if "<!-- rooms:" in markdown:
        link = "../" * page.url.count("/") + "reference/api/{}/"
        markdown = markdown.replace("<!-- rooms: picture -->", picture.draw(link=link))
        markdown = markdown.replace("<!-- rooms: table -->", rooms.table())
    return repository.relinked(markdown, page.file.src_uri)
