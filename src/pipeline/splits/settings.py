"""What the settings of all protocols share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.config.base import Settings

Share = Annotated[float, Field(gt=0, lt=1)]


class ProtocolSettings(Settings):
    """The base of every protocol's settings.

    Attributes:
        kind: the module of :mod:`pipeline.splits.protocols`.
        validation: share of the training side that is held out for validation, in
            clips, or in speakers where no speaker is on both sides.
        seed: of every draw.
        first: folds that are run, from the first on, where all would take too long;
            null for all.
    """

    kind: str
    validation: Share
    seed: Annotated[int, Field(ge=0)]
    first: Annotated[int, Field(ge=1)] | None
