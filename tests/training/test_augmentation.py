"""Augmentation of training images."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pipeline.config.base import parse
from pipeline.config.trainings import ImageAugmentSettings
from pipeline.training import augmentation

GREY = torch.full((1, 1), 0.5)


def settings(**changes: Any) -> ImageAugmentSettings:
    none: dict[str, Any] = dict.fromkeys(ImageAugmentSettings.model_fields, 0.0)
    none |= {"time_masks": 0, "frequency_masks": 0, **changes}
    return parse(ImageAugmentSettings, none)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    "changes",
    [
        {"shift": 0.2},
        {"stretch": 0.2},
        {"bands": 0.2},
        {"warp": 0.2},
        {"time_masks": 2, "time_mask": 0.5},
        {"frequency_masks": 1, "frequency_mask": 0.5},
        {"gain": 0.1},
    ],
)
def test_each_change_is_drawn_for_every_image(changes: dict[str, Any]) -> None:
    images = torch.rand(1, 1, 32, 32).repeat(8, 1, 1, 1)
    changed = augmentation.augment(images, settings(**changes), rng(), GREY)
    assert len({image.numpy().tobytes() for image in changed}) > 4
    assert not torch.allclose(changed, images)
    assert torch.equal(changed, augmentation.augment(images, settings(**changes), rng(), GREY))


def test_a_shift_in_time_moves_columns_and_brings_silence_in() -> None:
    image = torch.zeros(1, 1, 8, 8)
    image[..., 3] = 1.0
    one, quarter = torch.ones(1), torch.full((1,), 0.5)
    moved = augmentation.resampled(image, (one, quarter), (one, torch.zeros(1)))
    assert torch.allclose(moved[..., 1], torch.ones(8))
    assert float(moved[..., 3:].abs().max()) == 0.0


def test_a_shift_blurs_nothing() -> None:
    image = torch.rand(1, 1, 16, 32)
    shifted = augmentation.augment(image, settings(shift=0.2), rng(), GREY)[0, 0]
    columns = image[0, 0].T
    assert all(
        any(torch.allclose(column, known, atol=1e-5) for known in [*columns, torch.zeros(16)])
        for column in shifted.T
    )


def test_a_warp_keeps_the_lowest_band_in_place() -> None:
    image = torch.zeros(1, 1, 64, 4)
    image[:, :, 0] = 1.0
    image[:, :, 40] = 1.0
    none, factor = torch.zeros(1), torch.full((1,), 0.8)
    warped = augmentation.resampled(image, (torch.ones(1), none), (factor, none))
    assert int(warped[0, 0, :10, 0].argmax()) == 0
    assert int(warped[0, 0, 10:, 0].argmax()) + 10 == 50


def test_a_mask_hides_no_more_than_its_share() -> None:
    images = torch.rand(64, 1, 20, 20)
    hidden = (augmentation.masked(images, 3, 0.25, rng(), GREY) != images).any(dim=2).sum(dim=-1)
    assert int(hidden.max()) <= 6
    assert int(hidden.max()) > 0


def test_a_mask_shows_each_bands_mean() -> None:
    means = torch.linspace(0.2, 0.4, 10)[None]
    images = torch.ones(16, 1, 10, 20)
    masked = augmentation.masked(images, 3, 0.5, rng(), means)
    hidden = (masked != images).all(dim=2, keepdim=True).expand_as(images)
    assert torch.equal(masked[hidden], means[0][:, None].expand_as(images)[hidden])


def test_mixup_mixes_targets_as_it_mixes_images() -> None:
    images = torch.eye(4)[:, None, None]
    mixed, targets = augmentation.mixed(images, torch.eye(4), 0.5, rng())
    assert torch.allclose(mixed[:, 0, 0], targets)
    assert torch.allclose(targets.sum(dim=1), torch.ones(4))


def test_no_mixup_changes_nothing() -> None:
    images, targets = torch.rand(4, 1, 4, 4), torch.eye(4)
    assert augmentation.mixed(images, targets, 0.0, rng()) == (images, targets)
