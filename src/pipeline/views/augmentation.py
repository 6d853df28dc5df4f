"""Changed copies of a wave, for training.

Noise, stretch and pitch change the trimmed wave before it is fitted to its
length; a shift moves the fitted wave, so that what leaves one end is not brought
back at the other. Whatever is drawn follows from the view's seed, the clip's id
and the entry of ``augment`` alone, never from the order of work.
"""

from __future__ import annotations

import hashlib

import numpy as np

from pipeline.config.views import Augmentation, NoisePlane, PitchPlane, ShiftPlane, StretchPlane
from pipeline.views.audio import Wave


def generator(seed: int, clip: str, plane: Augmentation) -> np.random.Generator:
    """The random generator of one copy of one clip.

    Example:
        >>> plane = NoisePlane(kind="noise", snr_db=10.0)
        >>> one, two = (generator(1, "demo/01", plane) for _ in range(2))
        >>> one.integers(1000) == two.integers(1000)
        np.True_
    """
    name = f"{seed}\n{clip}\n{plane.model_dump_json()}"
    return np.random.default_rng(list(hashlib.sha256(name.encode()).digest()))


def before_fit(wave: Wave, plane: Augmentation, rng: np.random.Generator, rate: int) -> Wave:
    """Apply what works on a trimmed wave of any length; a shift is left for later."""
    if isinstance(plane, NoisePlane):
        return add_noise(wave, plane.snr_db, rng)
    if isinstance(plane, StretchPlane):
        return stretch(wave, plane.factor)
    if isinstance(plane, PitchPlane):
        return pitch(wave, plane.semitones, rate)
    return wave


def after_fit(wave: Wave, plane: Augmentation, rng: np.random.Generator, rate: int) -> Wave:
    """Apply what works on a wave of the view's length: a shift, drawn evenly."""
    if isinstance(plane, ShiftPlane):
        return shift(wave, rng.uniform(-plane.seconds, plane.seconds), rate)
    return wave


def add_noise(wave: Wave, snr_db: float, rng: np.random.Generator) -> Wave:
    """Add white Gaussian noise, so far below the mean power of the wave."""
    power = float(np.mean(np.square(wave, dtype=np.float64)))
    level = np.sqrt(power * 10 ** (-snr_db / 10))
    return wave + np.float32(level) * rng.standard_normal(len(wave), dtype=np.float32)


def shift(wave: Wave, seconds: float, rate: int) -> Wave:
    """Move later, or earlier when negative; silence comes in, the other end is lost.

    Example:
        >>> shift(np.array([1, 2, 3], np.float32), 1.0, rate=1)
        array([0., 1., 2.], dtype=float32)
    """
    steps = round(seconds * rate)
    moved = np.zeros_like(wave)
    if steps >= 0:
        moved[steps:] = wave[: max(0, len(wave) - steps)]
    else:
        moved[:steps] = wave[-steps:]
    return moved


def stretch(wave: Wave, factor: float) -> Wave:
    """Play faster (above 1) or slower at the same pitch: librosa's phase vocoder."""
    import librosa

    stretched: Wave = librosa.effects.time_stretch(wave, rate=factor)
    return stretched


def pitch(wave: Wave, semitones: float, rate: int) -> Wave:
    """Raise or lower the pitch at the same speed: a stretch, then soxr's resampling."""
    import librosa

    changed: Wave = librosa.effects.pitch_shift(wave, sr=rate, n_steps=semitones)
    return changed
