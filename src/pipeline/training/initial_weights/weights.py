"""Starting weights on disk, read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pipeline.core.errors import TrainingError
from pipeline.core.storage import read_json

ABOUT: Final = "about.json"
ANY_SEED: Final = "any"
"""The key of weights that every seed begins from."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where trainings begin.

    Attributes:
        folder: its files.
        about: kind and title; ``files`` by seed, none where weights are drawn; the
            ``speakers`` that the weights were learned from.
    """

    folder: Path
    about: dict[str, Any]

    @property
    def scratch(self) -> bool:
        """Whether all weights are drawn."""
        return not self.about["files"]

    @property
    def speakers(self) -> frozenset[str]:
        """Whose voices the weights already know."""
        return frozenset(self.about["speakers"])

    @property
    def told(self) -> dict[str, Any]:
        """What reports and runs say of it: counts in place of lists."""
        if self.scratch:
            return {"kind": self.about["kind"]}
        told = {key: value for key, value in self.about.items() if key != "files"}
        return {**told, "speakers": len(self.speakers)}

    def weights(self, seed: int) -> dict[str, Tensor] | None:
        """The weights for a seed, or none to draw them all.

        Raises:
            TrainingError: there are none for this seed, or their file is damaged.
        """
        if self.scratch:
            return None
        files = self.about["files"]
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
                f"{self.folder / file}: {reason}; make it with: dvc repro start@{self.folder.name}"
            ) from None


def open_start(folder: Path) -> Start:
    """Starting weights by their folder.

    Raises:
        TrainingError: they are not there.
    """
    cure = f"dvc repro start@{folder.name}"
    return Start(folder, read_json(folder / ABOUT, cure, TrainingError))
