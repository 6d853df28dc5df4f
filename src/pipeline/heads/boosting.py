"""What boosted trees share, whichever library grows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, PositiveInt

from pipeline.heads.head import FitError, Floats, Head, Integers
from pipeline.heads.settings import NonNegative, Range, SearchableSettings, Seed, Share

RANGES: Final[Mapping[str, Range]] = {
    "learning_rate": Range(0.02, 0.3, log=True),
    "subsample": Range(0.5, 1.0),
    "colsample": Range(0.2, 1.0),
    "reg_lambda": Range(0.1, 30.0, log=True),
}
"""What a search draws for either library."""


class BoostingSettings(SearchableSettings):
    """The base of the settings of boosted trees.

    Attributes:
        rounds: of boosting, at most; each grows a tree per emotion.
        learning_rate: share of each tree's output that is added.
        subsample: share of the clips that a round learns from.
        colsample: share of the embedding's numbers that a tree may split by.
        reg_lambda: L2 penalty on the leaves.
        bins: into which each of the embedding's numbers is sorted; half of them is half the
            time, and 64 lose nothing on embeddings.
        early_stopping: rounds without a lower log loss on the validation clips before
            stopping at the best; null to grow all.
        seed: of the draws.
    """

    ranges: ClassVar[Mapping[str, Range]] = RANGES

    rounds: PositiveInt
    learning_rate: Share
    subsample: Share
    colsample: Share
    reg_lambda: NonNegative
    bins: Annotated[int, Field(ge=2, le=1024)]
    early_stopping: PositiveInt | None
    seed: Seed

    def needs_validation(self) -> dict[str, tuple[str, str]]:
        """See the base class."""
        found = super().needs_validation()
        if self.early_stopping is not None:
            cure = "set early_stopping: null and fewer rounds"
            found["early_stopping"] = ("stops by validation clips", cure)
        return found


class Boosting(Head):
    """The base of boosted trees, stored in the library's own format."""

    booster_: Any

    @staticmethod
    def _required(validation: tuple[Floats, Integers] | None) -> tuple[Floats, Integers]:
        """The validation rows, without which there is no early stopping."""
        if validation is None:
            raise FitError("no validation clips to stop by; set early_stopping: null")
        return validation
