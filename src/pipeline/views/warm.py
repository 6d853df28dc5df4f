"""Compile what librosa compiles, once, before several processes want it.

librosa keeps compiled functions beside its code. When two processes compile at the
same time, numba (issue 10128 of its tracker) can leave files that crash every process
that reads them. So the set-up compiles alone, and what starts workers does so again,
which costs nothing where it was done:

    python -m pipeline.views.warm
"""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path

import numpy as np


def compile_once() -> None:
    """Have everything compiled that views use of librosa; others wait meanwhile."""
    import librosa

    with (Path(tempfile.gettempdir()) / "ser-librosa-compiling.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wave = np.sin(np.arange(16_000) * 0.1).astype(np.float32)
        chroma = librosa.feature.chroma_stft(y=wave, sr=16_000)
        librosa.feature.spectral_contrast(y=wave, sr=16_000)
        librosa.feature.tonnetz(chroma=chroma)
        librosa.feature.zero_crossing_rate(wave)
        librosa.pyin(wave, fmin=65.0, fmax=400.0, sr=16_000)
        librosa.effects.trim(wave)
        librosa.effects.pitch_shift(wave, sr=16_000, n_steps=1.0)


if __name__ == "__main__":
    compile_once()
