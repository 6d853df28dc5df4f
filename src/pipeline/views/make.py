"""A dataset's clips, rendered into a packed view and its contact sheet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.config.folders import load
from pipeline.config.views import ViewSettings
from pipeline.core.layout import Layout
from pipeline.corpora.index import table
from pipeline.views import pack
from pipeline.views.packed import ViewAbout, open_view

SEED: Final = 0
"""Of augmented copies of waves."""


@dataclass(frozen=True, slots=True)
class Made:
    """A view that was made.

    Attributes:
        about: what ``about.json`` says.
        left_out: how many clips the index leaves out.
    """

    about: ViewAbout
    left_out: int


def make(name: str, root: Path = Path()) -> Made:
    """Render an entry of ``views`` and draw its contact sheet.

    Args:
        name: of the entry.
        root: of the repository.

    Raises:
        SerError: there is no such entry, its dataset is not indexed, or no clip can be used.
    """
    layout = Layout(root)
    settings: ViewSettings = load(ViewSettings, "views", name, root=root)  # type: ignore[arg-type]
    clips = table.read(layout.clips(settings.dataset))
    used = clips[clips["left_out"] == ""]
    corpora = layout.corpus(settings.dataset)
    recordings = [
        (clip, corpora / path, sound)
        for clip, path, sound in zip(used["id"], used["path"], used["hash"], strict=True)
    ]
    folder = layout.view(name)
    about = pack.pack(recordings, settings, folder, layout.shards(name), seed=SEED)
    # Worker processes import this module: what only the parent needs is imported here.
    from pipeline.views import sheet

    heading = title(name, about, set(clips["corpus"]))
    sheet.contact_sheet(open_view(folder), settings, clips, heading, folder / "sheet.png")
    return Made(about, len(clips) - len(used))


def title(name: str, about: ViewAbout, corpora: set[str]) -> str:
    """The sheet's heading, which says so where speech is synthetic."""
    word = " (synthetic speech)" if "demo" in corpora else ""
    return f"{name}{word}: {about.clips} clips"
