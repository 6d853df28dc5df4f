"""Images of sound: log-mel and log-STFT, as librosa computes them, in 8 bits.

Row 0 of every array is the **lowest** frequency, column 0 the beginning. Whoever
draws one turns it over (``origin="lower"``), so that low is at the bottom.

Decibels are those of ``librosa.power_to_db``. With ``scale: clip`` the loudest
point of the clip is 255 and ``top_db`` below it is 0; with ``scale: dataset`` a
span measured on training clips takes that place. Resizing happens in decibels,
before they are rounded to grey levels.

In a ``delta`` image plane 0 is the grey image, plane 1 its slope and plane 2 its
curvature over time (``librosa.feature.delta``, width 9, of the decibels before
resizing). Level 128 is no change. Plane 1 reaches from minus to plus a sixteenth
of the span per frame, plane 2 half of that: 5 and 2.5 dB of 80. What goes beyond
is clipped.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pipeline.config.views import ImageViewSettings, MelViewSettings
from pipeline.core.errors import ViewError
from pipeline.views import colour, filters
from pipeline.views.audio import Wave
from pipeline.views.filters import Floats

Bytes = npt.NDArray[np.uint8]
Span = tuple[float, float]

AMIN: Final = 1e-10
"""librosa's floor of a power."""

DELTA_SHARE: Final = (1 / 16, 1 / 32)
"""Share of the span that the slope and the curvature of a delta image reach."""


class PowerSpectrum:
    """The squared magnitude of the short-time Fourier transform.

    Equal to ``np.abs(librosa.stft(wave, n_fft=…, hop_length=…)) ** 2``: Hann
    windows, centred, zeros beyond both ends. Windows that hold nothing but zeros,
    such as those of padding, are not transformed.
    """

    def __init__(self, n_fft: int, hop: int) -> None:
        # Loading torch takes seconds; its transform takes a third of scipy's time.
        import torch

        self._torch: Any = torch
        self.n_fft, self.hop = n_fft, hop
        self._window = torch.from_numpy(hann(n_fft))

    def __call__(self, wave: Wave) -> Floats:
        """Of one wave: (bins, frames)."""
        frames = 1 + len(wave) // self.hop
        power = np.zeros((self.n_fft // 2 + 1, frames), np.float32)
        first, last = self._sounding(wave, frames)
        if first < last:
            magnitude = np.abs(self._transform(wave, first, last))
            power[:, first:last] = magnitude.T
            np.square(power, out=power)
        return power

    def _transform(self, wave: Wave, first: int, last: int) -> npt.NDArray[np.complex64]:
        half = self.n_fft // 2
        padded = np.zeros(len(wave) + self.n_fft, np.float32)
        padded[half : half + len(wave)] = wave
        windows = self._torch.from_numpy(padded).as_strided(
            (last - first, self.n_fft), (self.hop, 1), first * self.hop
        )
        spectrum: npt.NDArray[np.complex64] = self._torch.fft.rfft(windows * self._window).numpy()
        return spectrum

    def _sounding(self, wave: Wave, frames: int) -> tuple[int, int]:
        """The first window that reaches a sample other than zero, and the one after the last."""
        sounds = wave != 0
        begin = int(sounds.argmax())
        if not sounds[begin]:
            return 0, 0
        end = len(wave) - int(sounds[::-1].argmax())
        half = self.n_fft // 2
        return max(0, (begin - half) // self.hop + 1), min(frames, -(-(end + half) // self.hop))


class Spectrogram:
    """Turns waves of the view's length into images of the view's size."""

    def __init__(self, settings: ImageViewSettings) -> None:
        self.settings = settings
        self.transform = PowerSpectrum(settings.n_fft, settings.hop)
        self._bands, rows = _bands(settings)
        columns = settings.frames
        self._rows = _resizing(rows, settings.height)
        self._columns = _resizing(columns, settings.width)
        self._slopes: list[Any] = []
        if settings.channels == "delta":
            self._slopes = [filters.sparse(filters.slope(columns, order)) for order in (1, 2)]
        self._colours = None if settings.colour_map is None else colour.table(settings.colour_map)

    @property
    def _keeps_size(self) -> bool:
        return self._rows is None and self._columns is None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image."""
        size = (self.settings.height, self.settings.width)
        return size if self.settings.channels == "grey" else (3, *size)

    def power(self, wave: Wave) -> Floats:
        """Mel bands or Fourier bins by frames, before resizing."""
        power = self.transform(wave)
        if isinstance(self._bands, slice):
            return power[self._bands]
        banded: Floats = self._bands @ power
        return banded

    def db_image(self, wave: Wave) -> Floats:
        """Decibels of full scale by bands and frames, neither clipped nor resized."""
        return decibels(self.power(wave))

    def image(self, wave: Wave, span: Span | None = None) -> Bytes:
        """The finished image.

        Args:
            wave: prepared, of the view's length.
            span: decibels that are black and white; without it, those of the clip.
        """
        return self._drawn(self.db_image(wave), span)

    def image_with_level(self, wave: Wave) -> tuple[Bytes, float]:
        """The image on the clip's own scale, and the clip's loudest point in decibels."""
        db = self.db_image(wave)
        loudest = float(db.max())
        return self._drawn(db, None), loudest

    def _drawn(self, db: Floats, span: Span | None) -> Bytes:
        loudest = float(db.max())
        low, high = span or (loudest - self.settings.top_db, loudest)
        if not self._keeps_size or self._slopes:
            np.clip(db, low, high, out=db)
        grey = to_grey(self.resized(db), low, high)
        if self._colours is not None:
            return colour.paint(grey, self._colours)
        if self._slopes:
            return np.stack([grey, *self._deltas(db, high - low)])
        return grey

    def _deltas(self, db: Floats, depth: float) -> list[Bytes]:
        planes = []
        turned = np.ascontiguousarray(db.T)
        for slope, share in zip(self._slopes, DELTA_SHARE, strict=True):
            reach = share * depth
            changes = np.ascontiguousarray((slope @ turned).T)
            planes.append(_signed(self.resized(changes), reach))
        return planes

    def resized(self, image: Floats) -> Floats:
        """Bands by frames, brought to the image's height and width."""
        if self._columns is not None:
            image = np.ascontiguousarray((self._columns @ np.ascontiguousarray(image.T)).T)
        if self._rows is not None:
            image = self._rows @ image
        return image


def hann(size: int) -> Floats:
    """The periodic Hann window, in single precision.

    Example:
        >>> hann(4)
        array([0. , 0.5, 1. , 0.5], dtype=float32)
    """
    window: Floats = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
    return window


def decibels(power: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``librosa.power_to_db`` against 1, without a limit of depth.

    Example:
        >>> decibels(np.array([1.0, 0.01, 0.0]))
        array([   0.,  -20., -100.])
    """
    db: npt.NDArray[Any] = np.maximum(power, power.dtype.type(AMIN))
    np.log10(db, out=db)
    db *= 10
    return db


def to_grey(db: Floats, low: float, high: float) -> Bytes:
    """Decibels to levels: ``low`` and below is 0, ``high`` and above 255.

    Example:
        >>> to_grey(np.array([[-90.0, -80.0, -40.0, 0.0]], np.float32), -80.0, 0.0)
        array([[  0,   0, 128, 255]], dtype=uint8)
    """
    scaled = (db - np.float32(low)) * np.float32(255 / (high - low))
    scaled += np.float32(0.5)
    np.maximum(scaled, np.float32(0), out=scaled)
    grey: Bytes = np.minimum(scaled, np.float32(255), out=scaled).astype(np.uint8)
    return grey


def _signed(changes: Floats, reach: float) -> Bytes:
    scaled = np.clip(changes * np.float32(127 / reach), -127, 127)
    levels: Bytes = np.rint(scaled + 128).astype(np.uint8)
    return levels


def _bands(settings: ImageViewSettings) -> tuple[Any, int]:
    """What makes rows of bins: mel filters, or the slice of bins from fmin to fmax."""
    rate = settings.audio.rate
    if isinstance(settings, MelViewSettings):
        weights = filters.mel(rate, settings.n_fft, settings.bands, settings.fmin, settings.fmax)
        empty = int(np.count_nonzero(weights.max(axis=1) == 0))
        if empty:
            raise ViewError(
                f"{empty} of {settings.bands} mel bands hold no frequency at n_fft "
                f"{settings.n_fft}; raise n_fft or lower bands"
            )
        return filters.sparse(weights), settings.bands
    frequencies = np.fft.rfftfreq(settings.n_fft, 1 / rate)
    chosen = np.flatnonzero((frequencies >= settings.fmin) & (frequencies <= settings.fmax))
    if not len(chosen):
        raise ViewError(
            f"no frequency between fmin {settings.fmin:g} and fmax {settings.fmax:g} "
            f"at n_fft {settings.n_fft}; raise n_fft"
        )
    return slice(int(chosen[0]), int(chosen[-1]) + 1), len(chosen)


def _resizing(size: int, to: int) -> Any:
    return None if size == to else filters.sparse(filters.resizing(size, to))
