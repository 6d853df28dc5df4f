"""What a recording's file holds: length, rate, level, a hash of its sound, its defects."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.config.corpora import IndexSettings
from pipeline.corpora import media

CONTAINERS: Final = {
    ".wav": {"WAV", "WAVEX", "RF64", "W64"},
    ".flac": {"FLAC"},
    ".opus": {"OGG"},
    ".ogg": {"OGG"},
    ".mp3": {"MP3", "MPEG"},
    ".aif": {"AIFF"},
    ".aiff": {"AIFF"},
    ".m4a": {"MP4"},
    ".mp4": {"MP4"},
    ".aac": {"AAC", "MP4"},
    ".webm": {"WEBM"},
}
EIGHT_BIT: Final = frozenset({"PCM_U8", "PCM_S8", "ULAW", "ALAW"})
FULL_SCALE: Final = 0.9999
BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured of one file.

    Attributes:
        seconds: length.
        rate: samples a second.
        channels: how many.
        depth: the sample format's name, such as ``PCM_16``.
        peak_db: highest absolute sample, dB of full scale.
        hash: sha256 of the samples mixed down to mono, empty when unreadable.
        flags: defects that one file shows by itself.
        error: why it could not be read, or empty.
    """

    seconds: float = 0.0
    rate: int = 0
    channels: int = 0
    depth: str = ""
    peak_db: float = -np.inf
    hash: str = ""
    flags: tuple[str, ...] = ()
    error: str = ""


def measure(path: Path, settings: IndexSettings) -> Facts:
    """Decode a file once and note what it is; never raises on a broken one.

    The hash is of decoded samples, so that copies in other formats of the same
    samples are recognised, and of the mono mix, so that two equal channels are too.
    """
    try:
        form, depth, rate, frames = _decode(path)
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        return Facts(flags=("unreadable",), error=_reason(path, error))
    channels = frames.shape[1]
    if not len(frames):
        return Facts(
            rate=rate, channels=channels, depth=depth, flags=("unreadable",), error="no samples"
        )
    mono = frames[:, 0] if channels == 1 else frames.mean(axis=1, dtype=np.float32)
    mono = np.ascontiguousarray(mono)
    peak = float(max(mono.max(), -mono.min()))
    flags = _flags(mono, peak, rate, settings)
    if form not in CONTAINERS.get(path.suffix.lower(), {form}):
        flags.append("container")
    if depth in EIGHT_BIT:
        flags.append("depth")
    return Facts(
        seconds=round(len(mono) / rate, 4),
        rate=rate,
        channels=channels,
        depth=depth,
        peak_db=round(float(decibels(peak)), 1) if np.isfinite(peak) else float("nan"),
        hash=hashlib.sha256(mono.data).hexdigest(),
        flags=tuple(flags),
    )


def _decode(path: Path) -> tuple[str, str, int, npt.NDArray[np.float32]]:
    """Format, sample format, rate and samples x channels, of libsndfile where it can read it."""
    try:
        with soundfile.SoundFile(path) as file:
            frames = file.read(dtype="float32", always_2d=True)
            return file.format, file.subtype, file.samplerate, frames
    except soundfile.LibsndfileError:
        if media.container(path) is None:
            raise
    frames, sound = media.read(path)
    return sound.form, sound.codec, sound.rate, frames


def decibels(amplitude: float) -> float:
    """Amplitude in dB of full scale, not below -200.

    Example:
        >>> decibels(0.1), decibels(0.0)
        (-20.0, -200.0)
    """
    return float(20 * np.log10(max(amplitude, 1e-10)))


def _flags(
    mono: npt.NDArray[np.float32], peak: float, rate: int, settings: IndexSettings
) -> list[str]:
    if not np.isfinite(peak) or not np.isfinite(mono).all():
        return ["not-finite"]
    flags = []
    if decibels(peak) < settings.silent_db:
        flags.append("silent")
    if len(mono) < settings.short_seconds * rate:
        flags.append("short")
    if peak >= FULL_SCALE and _longest_run(np.abs(mono) >= FULL_SCALE) >= settings.clipped_run:
        flags.append("clipped")
    return flags


def _longest_run(mask: npt.NDArray[np.bool_]) -> int:
    """Length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if path.stat().st_size == 0:
        return "empty file"
    return str(getattr(error, "error_string", error)).strip().rstrip(".")
