"""Linear maps that views apply: mel and chroma filters, resizing, slopes over time.

They equal librosa's, built without loading it, for loading it takes seconds.
Sparse where few weights differ from zero: a sparse product takes a fifth of the
time of a dense one and, unlike it, sums in one order on every machine.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse

from pipeline.config.views import DELTA_WIDTH

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_MEL_PER_HZ: Final = 3 / 200
_LOG_FROM_HZ: Final = 1000.0
_LOG_FROM_MEL: Final = _LOG_FROM_HZ * _MEL_PER_HZ
_LOG_STEP: Final = np.log(6.4) / 27


def mel(rate: int, n_fft: int, bands: int, fmin: float, fmax: float) -> Floats:
    """Slaney's mel filters of equal area, as ``librosa.filters.mel``: (bands, bins).

    Example:
        >>> mel(16_000, 512, 40, 0.0, 8_000.0).shape
        (40, 257)
    """
    edges = to_hz(np.linspace(to_mel(fmin), to_mel(fmax), bands + 2))
    widths = np.diff(edges)
    ramps = edges[:, None] - np.fft.rfftfreq(n_fft, 1 / rate)[None, :]
    rising = -ramps[:-2] / widths[:-1, None]
    falling = ramps[2:] / widths[1:, None]
    # librosa rounds the triangles to single precision before it scales them.
    weights = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    weights *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return weights


@functools.lru_cache(maxsize=128)
def chroma(rate: int, n_fft: int, tuning: float) -> Floats:
    """Filters of the twelve pitch classes, as ``librosa.filters.chroma``: (12, bins).

    Args:
        rate: samples a second.
        n_fft: samples of a window.
        tuning: how far the recording is from A = 440 Hz, in semitones.
    """
    frequencies = np.linspace(0, rate, n_fft, endpoint=False)[1:]
    notes = 12 * octaves(frequencies, tuning)
    # The bin of 0 Hz has no pitch: it is put an octave and a half below the first.
    notes = np.concatenate(([notes[0] - 18], notes))
    widths = np.concatenate((np.maximum(np.diff(notes), 1.0), [1]))
    away = np.remainder(notes[None, :] - np.arange(12.0)[:, None] + 126, 12) - 6
    weights = np.exp(-0.5 * (2 * away / widths) ** 2)
    weights /= np.sqrt(np.sum(weights**2, axis=0, keepdims=True))
    weights *= np.exp(-0.5 * ((notes / 12 - 5.0) / 2) ** 2)
    weights = np.roll(weights, -3, axis=0)[:, : n_fft // 2 + 1].astype(np.float32)
    return np.ascontiguousarray(weights)


def octaves(frequencies: npt.NDArray[Any], tuning: float = 0.0) -> npt.NDArray[Any]:
    """Octaves above A0, as ``librosa.hz_to_octs``.

    Example:
        >>> octaves(np.array([27.5, 440.0]))
        array([0., 4.])
    """
    counted: npt.NDArray[Any] = np.log2(frequencies / (440.0 * 2.0 ** (tuning / 12) / 16))
    return counted


def resizing(size: int, to: int) -> Doubles:
    """Weights that bring ``size`` points to ``to``, (to, size): each row adds up to 1.

    Linear between points when enlarging, a triangle over all points that fall into
    one when reducing, as ``torch.nn.functional.interpolate`` with ``antialias``.

    Example:
        >>> resizing(4, 2)
        array([[0.42857143, 0.42857143, 0.14285714, 0.        ],
               [0.        , 0.14285714, 0.42857143, 0.42857143]])
    """
    scale = size / to
    reach = max(scale, 1.0)
    centres = (np.arange(to)[:, None] + 0.5) * scale
    weights = np.maximum(0, 1 - np.abs(np.arange(size)[None, :] + 0.5 - centres) / reach)
    shares: Doubles = weights / weights.sum(axis=1, keepdims=True)
    return shares


def slope(frames: int, order: int) -> Doubles:
    """The map from a series to its delta, as ``librosa.feature.delta``: (frames, frames).

    A polynomial of degree ``order`` is fitted to nine neighbours and derived; the
    first and last four frames share the fit of the nine at that end.
    """
    half = DELTA_WIDTH // 2
    places = np.arange(DELTA_WIDTH, dtype=np.float64)
    fitted = np.linalg.pinv(np.vander(places, order + 1, increasing=True))
    # One order of derivative of degree one or two: the highest coefficient is constant.
    constant = fitted[order] * order
    rows = np.zeros((frames, frames))
    for frame in range(frames):
        start = min(max(frame - half, 0), frames - DELTA_WIDTH)
        rows[frame, start : start + DELTA_WIDTH] = constant
    return rows


def sparse(weights: npt.NDArray[Any]) -> Any:
    """A matrix that multiplies by its non-zero weights only, in single precision."""
    return scipy.sparse.csr_array(weights.astype(np.float32))


def to_mel(hz: float) -> float:
    """Slaney's mel scale: linear below 1 kHz, logarithmic above.

    Example:
        >>> to_mel(1000.0)
        15.0
    """
    if hz < _LOG_FROM_HZ:
        return hz * _MEL_PER_HZ
    return float(_LOG_FROM_MEL + np.log(hz / _LOG_FROM_HZ) / _LOG_STEP)


def to_hz(mels: Doubles) -> Doubles:
    """The inverse of :func:`to_mel`."""
    high = _LOG_FROM_HZ * np.exp(_LOG_STEP * (mels - _LOG_FROM_MEL))
    return np.where(mels >= _LOG_FROM_MEL, high, mels / _MEL_PER_HZ)
