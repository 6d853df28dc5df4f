"""The ``about.json`` of a stage's output: written and read by one type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.core.errors import SerError
from pipeline.core.storage import read_json, write_json

ABOUT: Final = "about.json"


class Facts(BaseModel):
    """The base of what such a file holds: unknown keys and loose types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class About(Facts):
    """The base of what each stage's file says.

    Example:
        >>> import tempfile
        >>> class HeadsAbout(About):
        ...     heads: tuple[str, ...]
        >>> folder = Path(tempfile.mkdtemp())
        >>> HeadsAbout(heads=("svm",)).write(folder)
        >>> HeadsAbout.read(folder, "dvc repro heads@demo", SerError)
        HeadsAbout(heads=('svm',))
    """

    def write(self, folder: Path) -> None:
        """Write ``about.json`` into a folder."""
        write_json(folder / ABOUT, self.model_dump(mode="json"))

    @classmethod
    def read(cls, folder: Path, cure: str, error: type[SerError]) -> Self:
        """Read the ``about.json`` of a folder.

        Args:
            folder: that holds it.
            cure: the command that makes it.
            error: raised where it is absent, or is not what this type writes.
        """
        path = folder / ABOUT
        data = read_json(path, cure, error)
        try:
            return cls.model_validate_json(json.dumps(data))
        except ValidationError as found:
            first = found.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise error(
                f"{path}: {where}: {first['msg'].lower()}; make it again with: {cure}"
            ) from None
