"""Write golden.npz: what librosa's own calls give for the waves of the tests.

    python tests/views/reference/make.py

Nothing of the package is used here, so that nothing of it can agree with itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
RATE, N_FFT, HOP, BANDS, TOP_DB = 16_000, 1024, 376, 128, 80.0

sys.path.insert(0, str(HERE.parent))
import waves  # type: ignore[import-not-found]  # noqa: E402


def grey(power: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    db = librosa.power_to_db(power, ref=np.max, top_db=TOP_DB)
    return np.rint((db + TOP_DB) * 255 / TOP_DB).astype(np.uint8)


def main() -> None:
    golden: dict[str, Any] = {}
    for name, wave in waves.REFERENCES.items():
        mel = librosa.feature.melspectrogram(
            y=wave, sr=RATE, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS
        )
        golden[f"{name} mel"] = grey(mel)
        golden[f"{name} stft"] = grey(np.abs(librosa.stft(wave, n_fft=N_FFT, hop_length=HOP)) ** 2)
        golden[f"{name} trim"] = librosa.effects.trim(wave, top_db=40)[1]
        golden[f"{name} split"] = librosa.effects.split(wave, top_db=40)
        mfcc = librosa.feature.mfcc(y=wave, sr=RATE, n_mfcc=40)
        chroma = librosa.feature.chroma_stft(y=wave, sr=RATE)
        bands = librosa.feature.melspectrogram(y=wave, sr=RATE)
        means = [series.mean(axis=1) for series in (mfcc, chroma, bands)]
        golden[f"{name} basic"] = np.concatenate(means)
    np.savez_compressed(HERE / "golden.npz", **golden)


if __name__ == "__main__":
    main()
