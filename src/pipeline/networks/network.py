"""What every network is: an embedding, and a linear layer that classifies it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from pipeline.core.errors import NetworkError
from pipeline.networks.settings import NetworkSettings

OWN = ("mean", "deviation", "last.weight", "last.bias")
"""What belongs to the training clips and their emotions, and is never brought along."""


class Network(nn.Module, ABC):
    """The base of every network.

    A network takes rows of a view, images scaled to 0..1, and brings them itself to the
    training clips' mean and deviation, which are stored with its weights.

    Attributes:
        takes: what its rows are, for people.
        axes: of a row; none where any will do.
        smallest: length of the axes but the first; shorter ones are pooled away.
        width: length of the embedding.
        mean: of the training clips, channels x bands, or channels x 1.
        deviation: of the same shape.
    """

    takes: ClassVar[str] = "images, as mel and stft views have them"
    axes: ClassVar[int | None] = 3
    smallest: ClassVar[int] = 32

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, settings: NetworkSettings, shape: tuple[int, ...], width: int, emotions: int
    ) -> None:
        """Prepare what all networks have.

        Args:
            settings: with the dropout before the last layer.
            shape: of a row: channels, then bands, then frames where there are any.
            width: of the embedding.
            emotions: how many there are.
        """
        super().__init__()
        self.width = width
        bands = shape[1] if settings.normalise == "band" else 1
        self.register_buffer("mean", torch.zeros(shape[0], bands))
        self.register_buffer("deviation", torch.ones(shape[0], bands))
        self.dropout = nn.Dropout(settings.dropout)
        self.last = nn.Linear(width, emotions)

    @property
    def by_band(self) -> bool:
        """Whether each band is normalised on its own."""
        return self.mean.shape[1] > 1

    def normalise_by(self, mean: Tensor, deviation: Tensor) -> None:
        """Keep the training clips' statistics."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    def begin_from(self, weights: Mapping[str, Tensor]) -> list[str]:
        """Take up weights that were learned elsewhere, but for the last layer.

        Args:
            weights: by the names that this network has for them.

        Returns:
            The names of what was taken up.

        Raises:
            NetworkError: a layer is missing or of another size.
        """
        own = {name: value for name, value in self.state_dict().items() if name not in OWN}
        for name, value in own.items():
            given = weights.get(name)
            if given is None or given.shape != value.shape:
                found = "is missing" if given is None else f"is {list(given.shape)}"
                raise NetworkError(
                    f"the initial weights do not fit: {name} {found}, the network has "
                    f"{list(value.shape)}; name other initial_weights in the recipe"
                )
        self.load_state_dict({name: weights[name] for name in own}, strict=False)
        return list(own)

    @abstractmethod
    def represent(self, rows: Tensor) -> Tensor:
        """The embedding of normalised rows (clips x channels x bands, and x frames)."""

    def embed(self, rows: Tensor) -> Tensor:
        """The embedding of rows, images in 0..1: what heads learn from."""
        shape: Any = (1, *self.mean.shape, *[1] * (rows.dim() - 3))
        return self.represent((rows - self.mean.view(shape)) / self.deviation.view(shape))

    def classify(self, embedding: Tensor) -> Tensor:
        """The emotions' scores before softmax."""
        return self.last(self.dropout(embedding))  # type: ignore[no-any-return]

    def forward(self, rows: Tensor) -> Tensor:
        """From rows to scores."""
        return self.classify(self.embed(rows))
