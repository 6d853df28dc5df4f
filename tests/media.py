"""Recordings as phones and browsers make them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

CODECS = {
    ".m4a": ("ipod", "aac"),
    ".mp4": ("mp4", "aac"),
    ".aac": ("adts", "aac"),
    ".webm": ("webm", "libopus"),
    ".mp3": ("mp3", "libmp3lame"),
    ".ogg": ("ogg", "libopus"),
}
"""Format and codec by suffix, as ffmpeg calls them."""


def encode(
    path: Path,
    wave: npt.NDArray[Any],
    rate: int = 48_000,
    channels: int = 1,
    **options: str,
) -> Path:
    """Write a recording in the format of its suffix; all channels are the same."""
    form, codec = CODECS[path.suffix]
    layout: Any = {1: "mono", 2: "stereo"}[channels]
    with av.open(str(path), "w", format=form, options=options) as file:
        stream: Any = file.add_stream(codec, rate=rate)
        stream.layout = layout
        context = stream.codec_context
        whole = np.ascontiguousarray(np.repeat(wave[None], channels, axis=0), np.float32)
        frame = av.AudioFrame.from_ndarray(whole, format="fltp", layout=layout)
        frame.sample_rate = rate
        pieces = av.AudioResampler(context.format, layout, rate, context.frame_size or 1024)
        for piece in [*pieces.resample(frame), *pieces.resample(None)]:
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return path
