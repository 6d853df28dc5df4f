"""Recordings that libsndfile does not read: m4a, mp4 and aac of phones, webm of browsers.

PyAV decodes them, with the ffmpeg that it ships. A file's first bytes say what it is, and it
is opened as that and as nothing else: ffmpeg by itself would try playlists too, which name
other files. Headers are not believed: a length is what was decoded.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import av

Frames = npt.NDArray[np.float32]

SUFFIXES: Final = frozenset({".m4a", ".mp4", ".aac", ".webm"})
"""Suffixes of such recordings; what a file is, its first bytes say."""

FORMS: Final = {"mp4": "MP4", "matroska": "WEBM", "aac": "AAC", "ogg": "OGG", "mp3": "MP3"}
"""Names of formats as the index has them, by ffmpeg's names."""

MOST: Final = 1 << 28
"""Samples of all channels together that are decoded at most: 93 minutes at 48000 Hz."""
HEAD: Final = 12
"""Bytes that say what a file is."""
SLACK: Final = 0.5
"""Seconds that may be missing of what an mp4 file's header says."""


class MediaError(RuntimeError):
    """A file cannot be decoded; the message is a reason without the file's name."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a recording is.

    Attributes:
        form: its format, such as ``MP4``.
        codec: how the sound is stored in it, such as ``AAC``.
        rate: samples a second.
        channels: how many.
    """

    form: str
    codec: str
    rate: int
    channels: int


def container(path: Path) -> str | None:
    r"""The format of a file that may be decoded here, as ffmpeg calls it; none of any other.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "voice"
        >>> _ = path.write_bytes(b"\x00\x00\x00\x1cftypM4A ")
        >>> container(path)
        'mp4'
        >>> _ = path.write_bytes(b"#EXTM3U")
        >>> container(path) is None
        True
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None
    if head[4:8] == b"ftyp":
        return "mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"ID3"):
        return "mp3"
    if len(head) == HEAD and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        # A layer of 0, which MP3 has not, is how AAC streams begin.
        return "mp3" if head[1] & 0x06 else "aac"
    return None


def read(path: Path) -> tuple[Frames, Sound]:
    """Decode a file.

    Args:
        path: of a file that has a :func:`container`.

    Returns:
        Samples x channels at the file's own rate, full scale being 1, and what it is.

    Raises:
        MediaError: it cannot be decoded, is cut short, or is too long for memory.
    """
    pieces: list[Frames] = []
    total = 0
    with _opened(path) as (file, stream):
        sound, blocks = _decoded(path, file, stream)
        for block in blocks:
            total += block.size
            if total > MOST:
                raise MediaError("longer than an hour and a half")
            pieces.append(block)
        _check_complete(stream, sum(map(len, pieces)) / sound.rate)
    return np.concatenate(pieces), sound


def measure(path: Path, longest: float) -> tuple[Sound, float]:
    """What a file is and how long, decoding piece by piece and keeping none.

    Args:
        path: of a file that has a :func:`container`.
        longest: seconds after which counting ends.

    Returns:
        What it is, and its seconds; of a longer one, some number above ``longest``.

    Raises:
        MediaError: it cannot be decoded.
    """
    total = 0
    with _opened(path) as (file, stream):
        sound, blocks = _decoded(path, file, stream)
        for block in blocks:
            total += len(block)
            if total > longest * sound.rate + sound.rate:
                break
    return sound, total / sound.rate


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, av.AudioStream]]:
    """A file and its sound; errors of ffmpeg become one line."""
    import av

    form = container(path)
    if form is None:
        raise MediaError("Format not recognised")
    options = {"protocol_whitelist": "file"}
    try:
        with av.open(str(path.resolve()), format=form, options=options) as file:
            if not file.streams.audio:
                raise MediaError("there is no sound in it")
            yield file, file.streams.audio[0]
    except (av.FFmpegError, ValueError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MediaError(str(reason).splitlines()[0]) from None


def _decoded(path: Path, file: Any, stream: av.AudioStream) -> tuple[Sound, Iterator[Frames]]:
    """What the first frame is, and the samples of all of them in its layout and rate."""
    import av

    decoder = file.decode(stream)
    first = next(decoder, None)
    if first is None:
        raise MediaError("no samples")
    form = FORMS[container(path) or "mp4"]
    codec = stream.codec_context.name.removesuffix("float").upper()
    sound = Sound(form, codec, int(first.rate), len(first.layout.channels))
    if sound.rate <= 0 or sound.channels <= 0:
        raise MediaError("its rate is not known")
    same = av.AudioResampler(format="fltp", layout=first.layout, rate=first.rate)

    def blocks() -> Iterator[Frames]:
        for frame in itertools.chain([first], decoder, [None]):  # None flushes
            yield from map(_samples, same.resample(frame))

    return sound, blocks()


def _samples(frame: Any) -> Frames:
    """A frame's samples x channels."""
    return np.ascontiguousarray(frame.to_ndarray().T, np.float32)


def _check_complete(stream: av.AudioStream, seconds: float) -> None:
    """Stop at an mp4 file of which the end is missing: ffmpeg gives what is there."""
    if stream.container.format.name in ("mov", "mp4") and stream.duration and stream.time_base:
        said = float(stream.duration * stream.time_base)
        if seconds < said * 0.95 - SLACK:
            raise MediaError(f"cut short: {said:.1f} s by its header, {seconds:.1f} s are there")
