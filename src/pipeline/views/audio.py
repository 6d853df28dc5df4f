"""From a file to a wave that views are made of.

The steps, always in this order: decode, mix down to one channel (mean), resample
(soxr, only when the rate differs), cut silence, normalise, fit to a length. Each
gives what librosa gives for the same step; the cut in particular falls on the
same samples, at a fraction of the cost.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from pipeline.config.views import AudioSettings, SilenceSettings
from pipeline.core.errors import AudioError
from pipeline.corpora import media

Wave = npt.NDArray[np.float32]

AMIN: Final = 1e-5
"""librosa's floor of an amplitude: a clip with no frame above it is silent."""

_SMALLEST_BLOCK: Final = 32
_DOUBT: Final = np.float32(1e-4)
_KNOWN_LENGTH: Final = range(1, 1 << 28)
_PIECE: Final = 1 << 20
_PLAIN: Final = frozenset({"WAV", "WAVEX", "RF64", "AIFF"})


def read(path: Path) -> tuple[Wave, int]:
    """Decode a file to one channel, whatever its container claims to be.

    Returns:
        The samples at the file's own rate, full scale being 1, and that rate.

    Raises:
        AudioError: the file cannot be decoded, has no samples, or holds samples
            that are not finite.
    """
    rate, frames = _decode(path)
    if not len(frames):
        raise AudioError(f"{path}: no samples; fetch it again or leave it out", "soundless")
    wave: Wave = frames if frames.ndim == 1 else np.mean(frames, axis=1, dtype=np.float32)
    # A dot product reads every sample in a quarter of the time of isfinite.
    with np.errstate(over="ignore", invalid="ignore"):
        energy = np.dot(wave, wave)
    if not np.isfinite(energy):
        raise AudioError(
            f"{path}: holds samples that are not finite; repair it or leave it out", "not-finite"
        )
    return wave, int(rate)


def resample(wave: Wave, rate: int, to: int, quality: str = "HQ") -> Wave:
    """The same sound at another rate, as ``librosa.resample`` gives it.

    Example:
        >>> len(resample(np.zeros(48_001, np.float32), 48_000, 16_000))
        16001
    """
    if rate == to:
        return wave
    changed: Wave = soxr.resample(wave, rate, to, quality=quality)
    size = math.ceil(len(wave) * (float(to) / rate))
    return changed if len(changed) == size else at_end(changed, size)


def sounding(wave: Wave, silence: SilenceSettings) -> npt.NDArray[np.intp]:
    """Where the sound is: rows of first sample and sample after the last.

    One row from the first loud frame to the last, equal to ``librosa.effects.trim``;
    with ``inner``, one row per stretch without a pause, as ``librosa.effects.split``.
    """
    if silence.trim_db is None:
        return np.array([[0, len(wave)]])
    loud = _loud(wave, silence.frame, silence.hop, silence.trim_db)
    if silence.inner:
        edges = np.flatnonzero(np.diff(loud, prepend=False, append=False)).reshape(-1, 2)
    else:
        found = loud.nonzero()[0]
        edges = np.array([[found[0], found[-1] + 1]])
    return np.minimum(edges * silence.hop, len(wave))


def cut_silence(wave: Wave, silence: SilenceSettings) -> Wave:
    """The sound without its silence; inner pauses are closed up when asked for."""
    parts = sounding(wave, silence)
    if len(parts) == 1:
        return wave[parts[0, 0] : parts[0, 1]]
    return np.concatenate([wave[start:end] for start, end in parts])


def normalise(wave: Wave, kind: Literal["none", "peak", "rms"], rms_db: float | None) -> Wave:
    """Bring a wave to a level: highest sample 1, or an RMS in dB of full scale.

    Example:
        >>> normalise(np.array([0.25, -0.5], np.float32), "peak", None)
        array([ 0.5, -1. ], dtype=float32)
    """
    if kind == "none":
        return wave
    if kind == "peak":
        level, target = float(max(wave.max(), -wave.min())), 1.0
    else:
        level = math.sqrt(float(np.mean(np.square(wave, dtype=np.float64))))
        target = 10 ** ((rms_db or 0.0) / 20)
    return wave * np.float32(target / level)


def fit(wave: Wave, size: int, how: Literal["centre", "repeat", "pad"]) -> Wave:
    """Bring a wave to a number of samples.

    Example:
        >>> two = np.array([1, 2], np.float32)
        >>> fit(two, 4, "centre"), fit(two, 4, "pad"), fit(two, 3, "repeat")
        (array([0., 1., 2., 0.], ...), array([1., 2., 0., 0.], ...), array([1., 2., 1.], ...))
    """
    if len(wave) == size:
        return wave
    if how == "repeat" and len(wave) < size:
        return np.resize(wave, size)
    if how != "centre":
        return at_end(wave, size)
    if len(wave) > size:
        start = (len(wave) - size) // 2
        return wave[start : start + size]
    fitted = np.zeros(size, np.float32)
    start = (size - len(wave)) // 2
    fitted[start : start + len(wave)] = wave
    return fitted


def at_end(wave: Wave, size: int) -> Wave:
    """Crop or pad with zeros at the end.

    Example:
        >>> at_end(np.array([1, 2], np.float32), 3)
        array([1., 2., 0.], dtype=float32)
    """
    if len(wave) >= size:
        return wave[:size]
    fitted = np.zeros(size, np.float32)
    fitted[: len(wave)] = wave
    return fitted


def load(path: Path, settings: AudioSettings) -> Wave:
    """Decode, mix down and resample.

    Raises:
        AudioError: as in :func:`read`, or the file is silent.
    """
    wave, rate = read(path)
    wave = resample(wave, rate, settings.rate, settings.resampler)
    # A dot product settles nearly every clip: what has power has a sample above the floor.
    powerful = np.dot(wave, wave) > len(wave) * AMIN**2
    if not powerful and not (np.abs(wave) > AMIN).any():
        raise AudioError(f"{path}: silent from beginning to end; leave it out", "silent")
    return wave


def trim(wave: Wave, settings: AudioSettings) -> Wave:
    """Cut silence and normalise: what is left before fitting to a length."""
    return normalise(cut_silence(wave, settings.silence), settings.normalise, settings.rms_db)


class _Stream(soundfile.SoundFile):  # type: ignore[misc]
    """A file read once from beginning to end.

    soundfile seeks to where it is after every read of a seekable file, which
    makes a decoder decode a block again.
    """

    def seekable(self) -> bool:
        return False


def _samples(file: soundfile.SoundFile) -> npt.NDArray[np.float32]:
    """All samples; in pieces where the header does not know, or lies about, their number."""
    if file.frames in _KNOWN_LENGTH and file.subtype == "PCM_16" and file.format in _PLAIN:
        # The same numbers as libsndfile's own conversion gives, in half the time.
        plain: npt.NDArray[np.int16] = file.read(file.frames, dtype="int16")
        return plain * np.float32(1 / 32768)
    if file.frames in _KNOWN_LENGTH:
        whole: npt.NDArray[np.float32] = file.read(file.frames, dtype="float32")
        return whole
    pieces = []
    while len(piece := file.read(_PIECE, dtype="float32")):
        pieces.append(piece)
    return np.concatenate(pieces) if pieces else np.empty(0, np.float32)


def _decode(path: Path) -> tuple[int, npt.NDArray[np.float32]]:
    """A file's rate and samples: libsndfile's own, or PyAV's of what libsndfile cannot read."""
    try:
        with _Stream(path) as file:
            return file.samplerate, _samples(file)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        if media.container(path) is None:
            raise _undecodable(path, error) from None
    try:
        frames, sound = media.read(path)
    except (media.MediaError, OSError) as error:
        raise _undecodable(path, error) from None
    return sound.rate, frames


def _undecodable(path: Path, error: Exception) -> AudioError:
    if not path.is_file():
        return AudioError(f"{path}: no such file; build the dataset again", "missing")
    if not path.stat().st_size:
        return AudioError(f"{path}: the file is empty; fetch it again or leave it out", "empty")
    reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
    line = f"{path}: cannot be decoded ({reason}); fetch it again or leave it out"
    return AudioError(line, "undecodable", reason)


def _loud(wave: Wave, frame: int, hop: int, top_db: float) -> npt.NDArray[np.bool_]:
    """Frames less than ``top_db`` below the loudest, by librosa's own arithmetic.

    Mean squares come from sums of blocks that frames share. They differ from
    librosa's in the last digits, so frames so near the threshold or the peak that
    this might matter are summed again in librosa's order.
    """
    half, block = frame // 2, math.gcd(frame, hop)
    count = 1 + (len(wave) + 2 * half - frame) // hop
    if block < _SMALLEST_BLOCK or half % block:
        return _decibels(_mean_squares(wave, frame, hop)) > -top_db
    step, per_frame, last = hop // block, frame // block, (count - 1) * hop // block + 1
    sums = _energies(wave, block, before=half // block, total=last + per_frame)
    power = sums[:last:step].copy()
    for offset in range(1, per_frame):
        power += sums[offset : offset + last : step]
    power /= np.float32(frame)
    peak = power.max()
    threshold = peak * np.float32(10 ** (-top_db / 10))
    doubtful = (np.abs(power - threshold) < _DOUBT * threshold) | (power > peak * (1 - _DOUBT))
    for index in doubtful.nonzero()[0]:
        start = index * hop - half
        piece = wave[max(0, start) : start + frame]
        if len(piece) < frame:
            piece = np.pad(piece, (max(0, -start), frame - len(piece) - max(0, -start)))
        power[index] = np.add.reduce(np.square(piece)) / frame
    return _decibels(power) > -top_db


def _energies(wave: Wave, block: int, before: int, total: int) -> npt.NDArray[np.float32]:
    """Sums of squares of blocks, after as many empty ones as the padding holds."""
    sums = np.zeros(total, np.float32)
    whole = min(len(wave) // block, total - before)
    blocks = wave[: whole * block].reshape(-1, block)
    np.vecdot(blocks, blocks, out=sums[before : before + whole])
    rest = wave[whole * block : (whole + 1) * block]
    if len(rest) and before + whole < total:
        sums[before + whole] = np.dot(rest, rest)
    return sums


def _mean_squares(wave: Wave, frame: int, hop: int) -> npt.NDArray[np.float32]:
    """Framewise, in the memory layout, and so the order of summation, of librosa."""
    padded = np.pad(wave, frame // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop].T
    power: npt.NDArray[np.float32] = np.mean(np.square(frames), axis=0)
    return power


def _decibels(power: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """DB below the loudest, rounded where ``librosa.amplitude_to_db`` rounds."""
    magnitude = np.sqrt(power)
    reference: Any = magnitude.max() ** 2
    squared = np.square(magnitude)
    db: npt.NDArray[Any] = 10.0 * np.log10(np.maximum(AMIN**2, squared))
    db -= 10.0 * np.log10(np.maximum(AMIN**2, reference))
    return db
