"""Vectors equal librosa's within a ten-thousandth of each number, or of its spread over time."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest

from pipeline.views import audio
from pipeline.views.renderer import Renderer
from pipeline.views.vector import PITCH_RANGE, Vector, tuning, vector_names
from tests.views import waves
from tests.views.conftest import vector

GOLDEN = np.load(Path(__file__).parent / "reference" / "golden.npz")


def series(wave: np.ndarray) -> list[np.ndarray]:
    """What the 180 numbers are means of, in librosa's own calls."""
    mfcc = librosa.feature.mfcc(y=wave, sr=16_000, n_mfcc=40)
    chroma = librosa.feature.chroma_stft(y=wave, sr=16_000)
    return [mfcc, chroma, librosa.feature.melspectrogram(y=wave, sr=16_000)]


def basic(wave: np.ndarray) -> np.ndarray:
    """The 180 numbers."""
    return np.concatenate([one.mean(axis=1) for one in series(wave)])


def spread(wave: np.ndarray) -> np.ndarray:
    """How far each of the 180 goes over time: the scale on which its mean may be near zero."""
    return np.concatenate([one.std(axis=1) for one in series(wave)])


def assert_close(found: np.ndarray, expected: np.ndarray, scale: np.ndarray | float = 0.0) -> None:
    """Processors sum in different orders: differences are measured on each number's scale."""
    allowed = 1e-4 * np.maximum(np.abs(expected), scale)
    np.testing.assert_array_less(np.abs(found - expected), allowed + np.finfo(np.float32).tiny)


@pytest.mark.parametrize("name", sorted(waves.REFERENCES))
def test_basic_is_librosas(name: str) -> None:
    wave = waves.REFERENCES[name]
    assert_close(Vector(vector()).row(wave), GOLDEN[f"{name} basic"], spread(wave))


@pytest.mark.recordings
def test_basic_is_librosas_on_recordings(ravdess: list[Path], crema: list[Path]) -> None:
    settings = vector()
    renderer = Renderer(settings)
    for path in ravdess + crema:
        prepared = audio.trim(audio.load(path, settings.audio), settings.audio)
        assert_close(renderer.render(path), basic(prepared), spread(prepared))


@pytest.mark.parametrize("seed", range(8))
def test_tuning_is_librosas(seed: int) -> None:
    power = np.abs(librosa.stft(waves.voice(seed))) ** 2
    assert tuning(power, 16_000, 2048) == librosa.estimate_tuning(S=power, sr=16_000)


@pytest.mark.slow
def test_rich_is_made_of_librosas_series() -> None:
    wave = waves.voice(1)
    found = dict(
        zip(
            names := vector_names(settings := vector(features="rich")),
            Vector(settings).row(wave),
            strict=True,
        )
    )
    contrast = librosa.feature.spectral_contrast(y=wave, sr=16_000)
    chroma = librosa.feature.chroma_stft(y=wave, sr=16_000)
    low, high = PITCH_RANGE
    pitch, voiced, _ = librosa.pyin(wave, fmin=low, fmax=high, sr=16_000)
    assert len(names) == len(set(names)) == 393
    assert_close(found["mfcc-03 std"], librosa.feature.mfcc(y=wave, sr=16_000)[3].std())
    assert_close(found["contrast-6 mean"], contrast[6].mean())
    assert_close(found["tonnetz-minor-x std"], librosa.feature.tonnetz(chroma=chroma)[2].std())
    assert_close(found["zero-crossings mean"], librosa.feature.zero_crossing_rate(wave).mean())
    assert_close(found["rms std"], librosa.feature.rms(y=wave).std())
    assert_close(found["pitch mean"], pitch[voiced].mean())
    assert_close(found["voiced share"], voiced.mean())


def test_every_number_has_a_name() -> None:
    names = vector_names(vector())
    assert (names[0], names[40], names[-1]) == ("mfcc-00 mean", "chroma-C mean", "mel-127 mean")
    assert Renderer(vector()).shape == (len(names),) == (180,)
