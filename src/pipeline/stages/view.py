"""Render a dataset's clips into a packed view and its contact sheet."""

from __future__ import annotations

from pipeline.core.layout import Layout
from pipeline.views.make import make


def main(name: str) -> None:
    """Pack a view by its name."""
    made = make(name)
    about = made.about
    print(
        f"{name}: {about.rows} rows of {about.clips} clips, "
        f"{' x '.join(map(str, about.shape))} {about.dtype}; left out by the index "
        f"{made.left_out}, set aside here {len(about.set_aside)}; "
        f"sheet: {Layout().view(name)}/sheet.png"
    )
    for clip, reason in about.set_aside.items():
        print(f"note: {clip} set aside: {reason}")
