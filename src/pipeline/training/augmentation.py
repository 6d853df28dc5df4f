"""Augmentation of training images: shifts, stretches, SpecAugment, gain, mixup.

All work on a batch of images in 0..1 (clips x channels x height x width) on the device
where it lies, and draw from one generator on the processor, so that a batch is the
same wherever it is trained.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from pipeline.config.trainings import ImageAugmentSettings


def augment(
    images: Tensor, settings: ImageAugmentSettings, rng: torch.Generator, mean: Tensor
) -> Tensor:
    """Change each image as drawn.

    Args:
        images: the batch.
        settings: how far each change goes.
        rng: of all draws.
        mean: what masks show in place of the image: the training clips' mean, channels x
            bands or channels x 1.

    Example:
        >>> from pipeline.config.base import parse
        >>> none = dict.fromkeys(ImageAugmentSettings.model_fields, 0.0)
        >>> none |= {"time_masks": 0, "frequency_masks": 0}
        >>> images = torch.rand(2, 1, 4, 4)
        >>> grey = torch.full((1, 1), 0.5)
        >>> same = augment(images, parse(ImageAugmentSettings, none), torch.Generator(), grey)
        >>> torch.equal(same, images)
        True
    """
    images = moved(images, settings, rng)
    if settings.gain:
        added = settings.gain * torch.randn(len(images), 1, 1, 1, generator=rng)
        images = images + added.to(images.device)
    for _ in range(settings.frequency_masks):
        images = masked(images, 2, settings.frequency_mask, rng, mean)
    for _ in range(settings.time_masks):
        images = masked(images, 3, settings.time_mask, rng, mean)
    return images


def moved(images: Tensor, settings: ImageAugmentSettings, rng: torch.Generator) -> Tensor:
    """Shift and stretch in time and in frequency; what comes in is silence."""
    if not (settings.shift or settings.stretch or settings.bands or settings.warp):
        return images
    drawn = 2 * torch.rand(4, len(images), generator=rng) - 1
    shift, stretch, bands, warp = drawn
    return resampled(
        images,
        time=(1 + settings.stretch * stretch, _whole(settings.shift * shift, images.shape[3])),
        frequency=(1 + settings.warp * warp, _whole(settings.bands * bands, images.shape[2])),
    )


def _whole(share: Tensor, size: int) -> Tensor:
    """An offset in whole pixels: a part of one would blur what is sharp in test images."""
    return 2 * (share * size).round() / size


def resampled(
    images: Tensor, time: tuple[Tensor, Tensor], frequency: tuple[Tensor, Tensor]
) -> Tensor:
    """Read images through an axis-wise stretch and shift, each one's own.

    Args:
        images: the batch.
        time: factor and offset per image, in units where the width is 2.
        frequency: the same for the height; bands count from the lowest, which stays
            where it is under a pure stretch, as formants do.
    """
    grid = torch.zeros(len(images), 2, 3)
    grid[:, 0, 0], grid[:, 0, 2] = time
    grid[:, 1, 1] = frequency[0]
    grid[:, 1, 2] = frequency[1] + (frequency[0] - 1)
    places = functional.affine_grid(grid.to(images.device), list(images.shape), align_corners=False)
    return functional.grid_sample(images, places, align_corners=False)


def masked(images: Tensor, axis: int, share: float, rng: torch.Generator, mean: Tensor) -> Tensor:
    """Hide one run of rows (axis 2) or columns (3) of each image."""
    size = images.shape[axis]
    width = torch.rand(len(images), generator=rng) * share * size
    start = torch.rand(len(images), generator=rng) * (size - width)
    place = torch.arange(size)
    hidden = (place >= start[:, None]) & (place < (start + width)[:, None])
    shape = (len(images), 1, size, 1) if axis == 2 else (len(images), 1, 1, size)
    return torch.where(hidden.view(shape).to(images.device), mean[None, :, :, None], images)


def mixed(
    images: Tensor, targets: Tensor, alpha: float, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mixup: each image and its target with those of another, by one Beta(alpha, alpha).

    The batch shares its draw, as in the paper that introduced it: a draw for each image
    mixes some of every batch, and the network learns more slowly.
    """
    if not alpha:
        return images, targets
    # Two gamma draws make a beta draw, and unlike torch's Beta they take a generator.
    one, other = torch._standard_gamma(torch.full((2,), alpha), generator=rng).tolist()
    share = one / max(one + other, 1e-12)
    order = torch.randperm(len(images), generator=rng).to(images.device)
    return (
        share * images + (1 - share) * images[order],
        share * targets + (1 - share) * targets[order],
    )
