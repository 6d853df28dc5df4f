"""Render a dataset's clips into a packed view and its contact sheet."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.base import load
from pipeline.config.views import ViewSettings
from pipeline.corpora.index import table
from pipeline.views import pack
from pipeline.views.packed import open_view

SEED = 0


def main(name: str) -> None:
    settings: ViewSettings = load(ViewSettings, "views", name)  # type: ignore[arg-type]
    clips = table.read(Path("data/index") / f"{settings.dataset}.csv")
    used = clips[clips["left_out"] == ""]
    corpora = Path("data/corpora") / settings.dataset
    recordings = [
        (clip, corpora / path, sound)
        for clip, path, sound in zip(used["id"], used["path"], used["hash"], strict=True)
    ]
    folder = Path("data/views") / name
    about = pack.pack(recordings, settings, folder, Path("checkpoints/views") / name, seed=SEED)
    # Worker processes import this file: what only the parent needs stays in here.
    from pipeline.views import sheet

    view = open_view(folder)
    heading = title(name, about, set(clips["corpus"]))
    sheet.contact_sheet(view, settings, clips, heading, folder / "sheet.png")
    print(
        f"{name}: {about['rows']} rows of {about['clips']} clips, "
        f"{' x '.join(map(str, about['shape']))} {about['dtype']}; "
        f"left out by the index {len(clips) - len(used)}, "
        f"set aside here {len(about['set_aside'])}; sheet: {folder}/sheet.png"
    )
    for clip, reason in about["set_aside"].items():
        print(f"note: {clip} set aside: {reason}")


def title(name: str, about: dict[str, object], corpora: set[str]) -> str:
    """The sheet's heading; speech that nobody spoke says so."""
    word = " (synthetic speech)" if "demo" in corpora else ""
    return f"{name}{word}: {about['clips']} clips"
