"""What every network is: an embedding, and a linear layer that judges it."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class Network(nn.Module, ABC):
    """The base of every network.

    A network takes rows of a view as they are stored, scaled to 0..1, and brings them
    itself to the training clips' mean and deviation, which are kept with its weights.

    Attributes:
        width: length of the embedding.
        mean: of the training clips, channels x bands, or channels x 1.
        deviation: of the same shape.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, channels: int, bands: int, width: int, emotions: int, dropout: float
    ) -> None:
        """Prepare what all networks have.

        Args:
            channels: of an image.
            bands: that are normalised each on its own; 1 for all together.
            width: of the embedding.
            emotions: how many there are.
            dropout: before the last layer.
        """
        super().__init__()
        self.width = width
        self.register_buffer("mean", torch.zeros(channels, bands))
        self.register_buffer("deviation", torch.ones(channels, bands))
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(width, emotions)

    @property
    def by_band(self) -> bool:
        """Whether each band is normalised on its own."""
        return self.mean.shape[1] > 1

    def normalise_by(self, mean: Tensor, deviation: Tensor) -> None:
        """Keep the training clips' statistics."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """The embedding of normalised images (clips x channels x height x width)."""

    def embed(self, images: Tensor) -> Tensor:
        """The embedding of images in 0..1: what heads learn from."""
        return self.features(
            (images - self.mean[None, :, :, None]) / self.deviation[None, :, :, None]
        )

    def classify(self, embedding: Tensor) -> Tensor:
        """The emotions' scores before softmax."""
        return self.last(self.dropout(embedding))  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        """From images to scores."""
        return self.classify(self.embed(images))
