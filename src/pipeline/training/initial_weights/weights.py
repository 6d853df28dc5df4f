"""Initial weights on disk, read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pipeline.core.errors import TrainingError
from pipeline.training.about import InitialWeightsAbout

ANY_SEED: Final = "any"
"""The key of weights that every seed begins from."""


@dataclass(frozen=True, slots=True)
class InitialWeights:
    """What trainings begin from.

    Attributes:
        folder: its files.
        about: where the weights come from.
    """

    folder: Path
    about: InitialWeightsAbout

    @property
    def random(self) -> bool:
        """Whether all weights are drawn."""
        return not self.about.files

    def load(self, seed: int) -> dict[str, Tensor] | None:
        """The weights for a seed, or none to draw them all.

        Raises:
            TrainingError: there are none for this seed, or their file is damaged.
        """
        if self.random:
            return None
        files = self.about.files
        file = files.get(str(seed), files.get(ANY_SEED))
        if file is None:
            raise TrainingError(
                f"{self.folder}: no weights for seed {seed}; it has seeds {', '.join(files)}"
            )
        try:
            return load_file(self.folder / file)
        except (OSError, SafetensorError) as error:
            reason = str(error).splitlines()[0]
            raise TrainingError(
                f"{self.folder / file}: {reason}; make it with: {_cure(self.folder)}"
            ) from None


def open_initial_weights(folder: Path) -> InitialWeights:
    """Initial weights by their folder.

    Raises:
        TrainingError: they are not there.
    """
    return InitialWeights(folder, InitialWeightsAbout.read(folder, _cure(folder), TrainingError))


def _cure(folder: Path) -> str:
    return f"ser run initial-weights@{folder.name}"
