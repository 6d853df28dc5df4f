"""``ser images``: pictures of clips as a model sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.core.errors import ConfigError, exit_on_error

app = typer.Typer(no_args_is_help=True, help="Pictures of clips as a model sees them.")


@app.command("show")
def show(
    clip: Annotated[str, typer.Argument(help="A clip's id, such as demo/03-01-05-01-01-01-01.")],
    view: Annotated[
        str | None, typer.Option(help="A view by its name; by default the dataset's first.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The PNG to write.")] = None,
) -> None:
    """Draw a clip's wave before and after silence removal above its spectrogram.

    Example: ser images show ravdess/03-01-05-02-01-01-01 --view ravdess-mel
    """
    from pipeline.config import folders
    from pipeline.views.picture import draw_clip

    with exit_on_error():
        corpus = clip.partition("/")[0]
        first = (name for name, (_, item) in folders.views().items() if item["dataset"] == corpus)
        name = view or next(first, corpus)
        typer.echo(str(draw_clip(clip, name, out)))


@app.command("export")
def export(
    view: Annotated[str, typer.Argument(help="An image view by its name, such as demo-mel.")],
    folder: Annotated[Path, typer.Argument(help="Where the PNGs go.")],
) -> None:
    """Write every image of a packed view as a PNG.

    Example: ser images export demo-mel /tmp/images
    """
    from pipeline.config.folders import load
    from pipeline.config.views import ImageViewSettings, ViewSettings
    from pipeline.core.layout import Layout
    from pipeline.views import sheet
    from pipeline.views.packed import open_view

    with exit_on_error():
        settings: ViewSettings = load(ViewSettings, "views", view)  # type: ignore[arg-type]
        if not isinstance(settings, ImageViewSettings):
            raise ConfigError(f"views.{view}: rows of numbers, not images; take a mel or stft view")
        count = sheet.export(open_view(Layout().view(view)), folder)
    typer.echo(f"{count} images in {folder}")
