"""Waves that come out the same everywhere, for references and for tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Wave = npt.NDArray[np.float32]


def voice(seed: int, seconds: float = 3.0, rate: int = 16_000) -> Wave:
    """A hum with harmonics and vibrato, in two phrases between faint noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    base = 110.0 + 25.0 * (seed % 5)
    pitch = base * (1 + 0.1 * np.sin(2 * np.pi * (2 + seed % 3) * time) + 0.2 * time / seconds)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    hum = sum(np.sin(order * phase) / order for order in range(1, 16))
    share = time / seconds
    phrases = ((share > 0.2) & (share < 0.45)) | ((share > 0.6) & (share < 0.8))
    wave = 0.1 * hum * phrases + 1e-4 * rng.standard_normal(len(time))
    return wave.astype(np.float32)


def sweep(seconds: float = 3.0, rate: int = 16_000) -> Wave:
    """A tone that rises from 50 Hz to nearly half the rate."""
    time = np.arange(round(seconds * rate)) / rate
    frequency = 50 + (0.48 * rate - 50) * time / seconds
    return (0.5 * np.sin(2 * np.pi * np.cumsum(frequency) / rate)).astype(np.float32)


def bursts(seed: int, size: int) -> Wave:
    """Noise whose level jumps over a hundred decibels: hard on silence removal."""
    rng = np.random.default_rng(seed)
    levels = np.repeat(10 ** rng.uniform(-6, 0, size // 200 + 1), 200)[:size]
    return (levels * rng.standard_normal(size)).astype(np.float32)


REFERENCES = {"voice": voice(1), "low-voice": voice(5), "sweep": sweep()}
