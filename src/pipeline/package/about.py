"""What ``package.json`` says: one type writes it and reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from pydantic import ValidationError

from pipeline.config.views import ViewSettings
from pipeline.core.about import Facts
from pipeline.core.errors import PackageError
from pipeline.core.storage import read_json, write_json

PACKAGE: Final = "package.json"


class PackageRun(Facts):
    """One fold and seed of a packaged recipe.

    Attributes:
        fold: of the split.
        seed: of the training.
        folder: of its heads, in ``heads/``.
        names: of the heads that are averaged: the head itself, or those of a vote.
        networks: files of weights by the part that each network left out; ``-1`` left out
            none. Empty where the recipe has no network.
        heads: names of files by head and part; a head that is the network's own output
            has none.
        files: of all its heads, counted from ``heads/``.
    """

    fold: int
    seed: int
    folder: str
    names: tuple[str, ...]
    networks: dict[int, str]
    heads: dict[str, dict[int, str]]
    files: tuple[str, ...]


class PackageAbout(Facts):
    """A package: its ``package.json``.

    Attributes:
        recipe: that was run.
        dataset: of the recipe.
        view: its name.
        view_settings: how a recording becomes a row.
        temperature: that calibrates probabilities; none where training left no
            validation clips.
        head: of the recipe.
        emotions: in the order of the probabilities.
        shape: of a row of the view.
        network: its name and settings; none where the head reads the view itself.
        test_views: of the test-time augmentation; 1 for the row as it is.
        runs: one for each fold and seed.
    """

    recipe: str
    dataset: str
    view: str
    view_settings: ViewSettings
    temperature: float | None
    head: str
    emotions: tuple[str, ...]
    shape: tuple[int, ...]
    network: dict[str, Any] | None
    test_views: int
    runs: tuple[PackageRun, ...]

    @property
    def weights(self) -> list[str]:
        """The files of all networks."""
        return [name for run in self.runs for name in run.networks.values()]

    @classmethod
    def parse(cls, data: Mapping[str, Any], source: Path = Path(PACKAGE)) -> Self:
        """A description from plain data.

        Args:
            data: as ``package.json`` holds it.
            source: of the data, for messages.

        Raises:
            PackageError: a key is missing, unknown or of another type.
        """
        try:
            return cls.model_validate_json(json.dumps(data))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise PackageError(
                f"{source}: damaged ({where}: {first['msg']}); make it again with: ser export"
            ) from None

    def write(self, folder: Path) -> None:
        """Write ``package.json`` into a package."""
        write_json(folder / PACKAGE, self.model_dump(mode="json"))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the ``package.json`` of a package.

        Raises:
            PackageError: it is absent or damaged.
        """
        path = folder / PACKAGE
        return cls.parse(read_json(path, "ser export", PackageError), path)
