"""One clip as a person looks at it: its wave, the silence that is removed, its image."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.base import unknown
from pipeline.config.folders import load
from pipeline.config.views import ImageViewSettings, ViewSettings
from pipeline.core.errors import ConfigError
from pipeline.core.layout import Layout
from pipeline.corpora.index import table as tables
from pipeline.views import sheet
from pipeline.views.renderer import Renderer


def draw_clip(clip: str, view: str, target: Path | None = None, root: Path = Path()) -> Path:
    """Draw a clip's wave before and after silence removal above its spectrogram.

    Args:
        clip: its id.
        view: a view by its name.
        target: the PNG to write; named after both if absent.
        root: of the repository.

    Returns:
        The PNG.

    Raises:
        ConfigError: there is no such view, or no such clip in its dataset.
    """
    layout = Layout(root)
    settings: ViewSettings = load(ViewSettings, "views", view, root=root)  # type: ignore[arg-type]
    table = tables.read(layout.clips(settings.dataset)).set_index("id")
    if clip not in table.index:
        raise ConfigError(unknown(clip, table.index, f"clips of {settings.dataset}"))
    row = {str(key): str(value) for key, value in table.loc[clip].items()}
    path = layout.corpus(settings.dataset) / row["path"]
    if isinstance(settings, ImageViewSettings) and settings.scale == "dataset":
        settings = settings.model_copy(update={"scale": "clip"})
    renderer = Renderer(settings)
    before, after = renderer.wave(path)
    target = target or Path(f"{clip.replace('/', '_')}.{view}.png")
    heading = f"{clip}: {row['emotion']}, {row['speaker']}, as {view}"
    sheet.clip_picture(before, after, renderer.render(path, clip=clip), settings, heading, target)
    return target
