"""Changed copies: of the strength that was asked for, and the same every time."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from pipeline.config.views import NoisePlane, ShiftPlane
from pipeline.views import augmentation
from tests.views import waves

NOISE = NoisePlane(kind="noise", snr_db=10.0)
SHIFT = ShiftPlane(kind="shift", seconds=0.2)


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 20.0])
def test_noise_has_the_ratio(snr_db: float) -> None:
    wave = waves.voice(1)
    added = augmentation.add_noise(wave, snr_db, np.random.default_rng(0)) - wave
    ratio = 10 * np.log10(np.mean(wave**2) / np.mean(added**2))
    assert ratio == pytest.approx(snr_db, abs=0.1)


def test_a_shift_earlier_loses_the_beginning() -> None:
    moved = augmentation.shift(np.arange(1, 5, dtype=np.float32), -0.5, rate=4)
    np.testing.assert_array_equal(moved, [3, 4, 0, 0])


def test_a_shift_beyond_the_end_leaves_silence() -> None:
    assert not augmentation.shift(np.ones(4, np.float32), 2.0, rate=4).any()
    assert not augmentation.shift(np.ones(4, np.float32), -2.0, rate=4).any()


def test_a_drawn_shift_stays_within_its_limit() -> None:
    pulse = np.zeros(16_000, np.float32)
    pulse[8000] = 1
    rng = augmentation.generator(1, "a", SHIFT)
    places = [int(augmentation.after_fit(pulse, SHIFT, rng, 16_000).argmax()) for _ in range(50)]
    assert min(places) >= 8000 - 3200
    assert max(places) <= 8000 + 3200
    assert len(set(places)) > 40


@pytest.mark.slow
def test_a_stretch_changes_the_length_alone() -> None:
    wave = waves.voice(1)
    faster = augmentation.stretch(wave, 1.25)
    assert len(faster) == 38_400
    assert librosa.yin(faster, fmin=60, fmax=500, sr=16_000).mean() == pytest.approx(
        librosa.yin(wave, fmin=60, fmax=500, sr=16_000).mean(), rel=0.1
    )


@pytest.mark.slow
def test_a_higher_pitch_keeps_the_length() -> None:
    tone = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)
    higher = augmentation.pitch(tone, 12, 16_000)
    found = librosa.yin(higher, fmin=60, fmax=1000, sr=16_000)
    assert len(higher) == len(tone)
    assert np.median(found) == pytest.approx(400, rel=0.02)


def test_chance_follows_from_seed_clip_and_plane() -> None:
    draws = {
        augmentation.generator(seed, clip, plane).integers(1 << 62)
        for seed in (1, 2)
        for clip in ("a", "b")
        for plane in (NOISE, SHIFT)
    }
    assert len(draws) == 8
