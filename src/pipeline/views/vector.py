"""Rows of numbers: what papers feed to classifiers that take no images.

``basic`` is 180 means over time: 40 MFCC, 12 chroma, 128 mel bands. ``rich`` is
393 numbers: means and standard deviations of those and of spectral contrast,
tonnetz, zero crossing rate and RMS, and three figures of the pitch.

All are what librosa gives for the prepared wave with the view's ``n_fft`` and
``hop`` and librosa's other defaults: mel bands are of **power**, MFCC of their
decibels, chroma of the power spectrum with the tuning estimated per clip. The
tonnetz is made of that chroma, not of a constant-Q transform. One Fourier
transform serves all.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from pipeline.config.views import VectorViewSettings
from pipeline.views import filters
from pipeline.views.audio import Wave
from pipeline.views.filters import Floats
from pipeline.views.spectrogram import PowerSpectrum, decibels

MFCC: Final = 40
CHROMA: Final = 12
MEL: Final = 128
MFCC_TOP_DB: Final = 80.0
CONTRAST: Final = 7
TONNETZ: Final = ("fifth-x", "fifth-y", "minor-x", "minor-y", "major-x", "major-y")
NOTES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

PITCH_RANGE: Final = (60.0, 500.0)
"""Hz: the voices of men, women and children, shouting included."""

TUNING_RANGE: Final = (150.0, 4000.0)
_TUNING_STEPS: Final = np.linspace(-0.5, 0.5, 101)
_TUNING_THRESHOLD: Final = np.float32(0.1)


class Vector:
    """Turns prepared waves of any length into rows of numbers."""

    def __init__(self, settings: VectorViewSettings) -> None:
        self.settings = settings
        self.transform = PowerSpectrum(settings.n_fft, settings.hop)
        rate = settings.audio.rate
        self._mel = filters.sparse(filters.mel(rate, settings.n_fft, MEL, 0.0, rate / 2))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row."""
        return (len(vector_names(self.settings)),)

    def row(self, wave: Wave) -> Floats:
        """The numbers, in the order of :func:`vector_names`."""
        power = self.transform(wave)
        series = self._basic(power)
        if self.settings.features == "basic":
            return np.concatenate([one.mean(axis=1) for one in series]).astype(np.float32)
        series += self._exotic(wave, power, series[1])
        means = [one.mean(axis=1) for one in series]
        spreads = [one.std(axis=1) for one in series]
        figures = [*means, *spreads, self._pitch(wave)]
        return np.concatenate(figures).astype(np.float32)

    def _basic(self, power: Floats) -> list[npt.NDArray[Any]]:
        bands: Floats = self._mel @ power
        db = decibels(bands)
        np.maximum(db, db.max() - np.float32(MFCC_TOP_DB), out=db)
        cepstrum = scipy.fft.dct(db, axis=0, type=2, norm="ortho")[:MFCC]
        return [cepstrum, self._chroma(power), bands]

    def _chroma(self, power: Floats) -> Floats:
        rate, n_fft = self.settings.audio.rate, self.settings.n_fft
        raw: Floats = filters.chroma(rate, n_fft, tuning(power, rate, n_fft)) @ power
        strongest = raw.max(axis=0, keepdims=True)
        strongest[strongest < np.finfo(np.float32).tiny] = 1
        raw /= strongest
        return raw

    def _exotic(self, wave: Wave, power: Floats, chroma: Floats) -> list[npt.NDArray[Any]]:
        import librosa

        frame, hop = self.settings.n_fft, self.settings.hop
        contrast = librosa.feature.spectral_contrast(
            S=np.sqrt(power), sr=self.settings.audio.rate, n_fft=frame, hop_length=hop
        )
        crossings = librosa.feature.zero_crossing_rate(wave, frame_length=frame, hop_length=hop)
        level = librosa.feature.rms(y=wave, frame_length=frame, hop_length=hop)
        return [contrast, librosa.feature.tonnetz(chroma=chroma), crossings, level]

    def _pitch(self, wave: Wave) -> Floats:
        """Mean and spread of the pitch where there is one, and the share of such frames."""
        import librosa

        rate = self.settings.audio.rate
        low, high = PITCH_RANGE
        # Two periods of the lowest voice must fit into a frame.
        frame = max(2048, 1 << int(np.ceil(np.log2(2 * rate / low))))
        pitch, voiced, _ = librosa.pyin(wave, fmin=low, fmax=high, sr=rate, frame_length=frame)
        frequencies = pitch[voiced]
        if not len(frequencies):
            return np.zeros(3, np.float32)
        return np.array([frequencies.mean(), frequencies.std(), voiced.mean()], np.float32)


def vector_names(settings: VectorViewSettings) -> list[str]:
    """What each number of a row is, in order, such as ``mfcc-01 mean``."""
    series = [f"mfcc-{number:02}" for number in range(MFCC)]
    series += [f"chroma-{note}" for note in NOTES]
    series += [f"mel-{number:03}" for number in range(MEL)]
    if settings.features == "basic":
        return [f"{name} mean" for name in series]
    series += [f"contrast-{number}" for number in range(CONTRAST)]
    series += [f"tonnetz-{name}" for name in TONNETZ]
    series += ["zero-crossings", "rms"]
    pitch = ["pitch mean", "pitch std", "voiced share"]
    return [f"{name} mean" for name in series] + [f"{name} std" for name in series] + pitch


def tuning(power: Floats, rate: int, n_fft: int) -> float:
    """How far a recording is from A = 440 Hz, in semitones from -0.5 to 0.5.

    The arithmetic of ``librosa.estimate_tuning(S=power)``: the commonest deviation
    of spectral peaks, over the louder half of them.
    """
    # Only rows near the range can hold a peak that counts; one more on each side
    # is needed to find a peak.
    frequencies = np.fft.rfftfreq(n_fft, 1 / rate)
    low, high = TUNING_RANGE[0], min(TUNING_RANGE[1], rate / 2)
    inside = np.flatnonzero((frequencies >= low) & (frequencies < high))
    inside = inside[(inside > 0) & (inside < len(power) - 1)]
    if not len(inside):
        return 0.0
    first, last = int(inside[0]), int(inside[-1])
    loud = np.where(power > _TUNING_THRESHOLD * power.max(axis=0), power, 0)
    middle = loud[first : last + 1]
    peaks = (middle > loud[first - 1 : last]) & (middle >= loud[first + 1 : last + 2])
    rows, columns = np.nonzero(peaks)
    if not len(rows):
        return 0.0
    return _commonest(power, rows + first, columns, rate / n_fft)


def _commonest(
    power: Floats, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], width: float
) -> float:
    here, above, below = (power[rows + step, columns] for step in (0, 1, -1))
    curvature = above + below - 2 * here
    slope = (above - below) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(np.abs(slope) >= np.abs(curvature), 0, -slope / curvature)
    shift = shift.astype(np.float32)
    heights = here + np.float32(0.5) * slope * shift
    pitches = ((rows + shift) * width).astype(np.float32)
    chosen = pitches[heights >= np.median(heights)]
    deviation = np.mod(12 * filters.octaves(chosen), 1.0)
    deviation[deviation >= 0.5] -= 1.0
    counts, _ = np.histogram(deviation, _TUNING_STEPS)
    return float(_TUNING_STEPS[np.argmax(counts)])
