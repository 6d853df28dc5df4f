"""What a trained network makes of rows: probabilities and embeddings."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.networks.network import Network
from pipeline.training import augmentation
from pipeline.training.clips import BATCH, as_floats

VIEWS: Final = ((0.0, 1.0), (0.06, 1.0), (-0.06, 1.0), (0.0, 1.08), (0.0, 0.92))
"""Shift and tempo of the first test-time views."""

SPREAD: Final = 0.03
"""Step in shift of further test-time views."""


def predict(
    network: Network, rows: Tensor, *, views: int = 1, mixed: bool = False
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Probabilities and embeddings of rows.

    Args:
        network: trained.
        rows: as a training takes them.
        views: test-time views of each row that are averaged; 1 for the row as it is.
        mixed: compute in bfloat16 where there is a GPU.

    Returns:
        clips x emotions, and clips x the embedding's width.
    """
    network.eval()
    place = next(network.parameters()).device
    parts: list[tuple[Tensor, Tensor]] = []
    with torch.inference_mode(), precision(place, mixed=mixed):
        for start in range(0, len(rows), BATCH):
            batch = as_floats(rows[start : start + BATCH].to(place))
            each = [_predict_batch(network, shifted_view(batch, view)) for view in range(views)]
            probabilities = torch.stack([probability for probability, _ in each]).mean(dim=0)
            embeddings = torch.stack([embedding for _, embedding in each]).mean(dim=0)
            parts.append((probabilities, embeddings))
    return (
        torch.cat([probabilities for probabilities, _ in parts]).cpu().numpy(),
        torch.cat([embeddings for _, embeddings in parts]).cpu().numpy(),
    )


def shifted_view(images: Tensor, view: int) -> Tensor:
    """Images as a test-time view shows them, by its number; the first shows them as they are."""
    if view == 0:
        return images
    further = view - len(VIEWS) + 1
    side = 1 if further % 2 else -1
    shift, tempo = VIEWS[view] if view < len(VIEWS) else (side * SPREAD * (1 + further // 2), 1.0)
    one, none = torch.ones(len(images)), torch.zeros(len(images))
    return augmentation.resampled(images, (tempo * one, 2 * shift + none), (one, none))


def in_memory_format(rows: Tensor) -> Tensor:
    """Rows in memory as convolutions take them fastest."""
    if rows.dim() == 4:
        return rows.contiguous(memory_format=torch.channels_last)
    return rows


def precision(place: torch.device, *, mixed: bool) -> AbstractContextManager[object]:
    """Computation in bfloat16 where that is asked for and there is a GPU."""
    if mixed and place.type == "cuda":
        return torch.autocast("cuda", torch.bfloat16)
    return nullcontext()


def _predict_batch(network: Network, rows: Tensor) -> tuple[Tensor, Tensor]:
    embedding = network.embed(in_memory_format(rows))
    return network.classify(embedding).float().softmax(dim=1), embedding.float()
