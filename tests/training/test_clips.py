"""Rows as a training takes them, and their statistics."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.training.clips import clips, statistics


@pytest.mark.parametrize(("by_band", "axes"), [(False, (0, 2, 3)), (True, (0, 3))])
def test_statistics_are_those_of_the_training_clips(by_band: bool, axes: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 256, (8, 32, 32)).astype(np.uint8)
    images = clips(array, np.zeros(8, np.int64)).images
    mean, deviation = statistics(images, by_band=by_band)
    floats = images.float() / 255
    assert torch.allclose(mean.squeeze(1 - by_band), floats.mean(dim=axes), atol=1e-6)
    spread = floats.std(dim=axes, correction=0).clamp_min(1e-3)
    assert torch.allclose(deviation.squeeze(1 - by_band), spread, atol=1e-6)


def test_numbers_are_normalised_each_on_its_own() -> None:
    rows = np.random.default_rng(0).normal([1.0, -5.0, 100.0], [1.0, 2.0, 30.0], (500, 3))
    images = clips(rows.astype(np.float32), np.zeros(500, np.int64)).images
    mean, deviation = statistics(images, by_band=True)
    assert mean.shape == (1, 3)
    np.testing.assert_allclose(mean[0], rows.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(deviation[0], rows.std(axis=0), rtol=1e-3)
