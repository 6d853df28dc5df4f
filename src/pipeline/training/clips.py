"""Rows of a view with their labels, as tensors, and their mean and deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.networks import registry

BATCH: Final = 256
"""Clips that go through at once outside training; nothing but memory depends on it."""


@dataclass(frozen=True, slots=True)
class Clips:
    """Rows of a view with their labels.

    Attributes:
        images: clips x channels x height x width, as bytes; or rows that are no images,
            clips x 1 x numbers and perhaps x frames, as floats.
        labels: each clip's emotion, as its place in the recipe's list.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> Clips:
        """The same on a device."""
        return Clips(self.images.to(device), self.labels.to(device))


def clips(array: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> Clips:
    """Rows of a packed view as a training takes them.

    Args:
        array: the rows.
        labels: each row's emotion, as its place in the recipe's list.

    Example:
        >>> clips(np.zeros((2, 64, 48), np.uint8), np.array([0, 1])).images.shape
        torch.Size([2, 1, 64, 48])
        >>> clips(np.zeros((2, 180), np.float32), np.array([0, 1])).images.shape
        torch.Size([2, 1, 180])
    """
    images = torch.from_numpy(np.ascontiguousarray(array))
    images = images.view(-1, *registry.row(images.shape[1:]))
    return Clips(images, torch.from_numpy(labels.astype(np.int64)))


def are_images(rows: Tensor) -> bool:
    """Whether rows are images, which can be shifted, masked and stretched."""
    return rows.dtype == torch.uint8


def as_floats(rows: Tensor) -> Tensor:
    """Rows as networks take them: images in 0..1, numbers as they are."""
    return rows.float() / 255 if are_images(rows) else rows


def statistics(rows: Tensor, *, by_band: bool) -> tuple[Tensor, Tensor]:
    """Mean and deviation of rows, of images in 0..1.

    Bytes are summed as whole numbers: the same on any device, in any order.

    Args:
        rows: clips x channels x bands, and x frames where there are any.
        by_band: of each band of each channel; otherwise of each channel.

    Returns:
        Both of channels x bands, or channels x 1.
    """
    axes = (0, *range(3 if by_band else 2, rows.dim()))
    exact = torch.int64 if are_images(rows) else torch.float64
    total = square = torch.zeros((), dtype=exact)
    for some in torch.split(rows.cpu(), BATCH):
        numbers = some.to(exact)
        total = total + numbers.sum(dim=axes)
        square = square + numbers.square().sum(dim=axes)
    count = rows.numel() // total.numel()
    mean = total.double() / count
    deviation = (square.double() / count - mean.square()).clamp_min(0).sqrt()
    scale = 255 if are_images(rows) else 1
    mean, deviation = mean / scale, (deviation / scale).clamp_min(1e-3)
    shape = (rows.shape[1], -1)
    return mean.view(shape).float(), deviation.view(shape).float()
