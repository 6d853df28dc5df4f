"""What every network is: an embedding, and a linear layer that judges it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """The base of every network.

    A network takes rows of a view as they are stored, scaled to 0..1, and brings them
    itself to the training clips' mean and deviation, which are kept with its weights.

    Attributes:
        width: length of the embedding.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int, width: int, emotions: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(width, emotions)

    def normalise_by(self, mean: Tensor, deviation: Tensor) -> None:
        """Keep the training clips' statistics, one per channel."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    def features(self, images: Tensor) -> Tensor:
        """The embedding of normalised images (clips x channels x height x width)."""
        raise NotImplementedError

    def embed(self, images: Tensor) -> Tensor:
        """The embedding of images in 0..1: what heads learn from."""
        shape = (1, -1, *[1] * (images.ndim - 2))
        return self.features((images - self.mean.view(shape)) / self.deviation.view(shape))

    def classify(self, embedding: Tensor) -> Tensor:
        """The emotions' scores before softmax."""
        return self.last(self.dropout(embedding))  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        """From images to scores."""
        return self.classify(self.embed(images))
