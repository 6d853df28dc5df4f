"""What the settings of all kinds of heads share.

Validation clips may choose in three ways: among the values of a list, by a search over
ranges, and by early stopping. A recipe whose training leaves no validation clips takes
single values, ``search: null`` and no early stopping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from pipeline.config.base import Settings

if TYPE_CHECKING:
    import optuna

Share = Annotated[float, Field(gt=0, le=1)]
NonNegative = Annotated[float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


@dataclass(frozen=True, slots=True)
class Range:
    """Values that a search draws from.

    Attributes:
        low: the lowest.
        high: the highest; a whole number like ``low`` where only those are drawn.
        log: draw evenly on a logarithmic scale.
    """

    low: float
    high: float
    log: bool = False

    def draw(self, trial: optuna.Trial, name: str) -> float:
        """A value for a trial; of three digits, which are easy to copy into params.yaml."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return float(f"{trial.suggest_float(name, self.low, self.high, log=self.log):.3g}")


class SearchSettings(Settings):
    """A search by Optuna's TPE sampler for the highest validation UAR.

    Attributes:
        trials: settings drawn, besides the written ones, which are always tried first.
        seed: of the draws.
    """

    trials: Annotated[int, Field(ge=1, le=1000)]
    seed: Seed


class HeadSettings(Settings):
    """The base of every kind's settings.

    Attributes:
        kind: of the head.
    """

    kind: str


class LearnedSettings(HeadSettings):
    """The base of the settings of heads that learn from embeddings.

    Attributes:
        lists: keys that list values for validation to choose among.
    """

    lists: ClassVar[tuple[str, ...]] = ()

    def needs_validation(self) -> dict[str, tuple[str, str]]:
        """What only validation clips can decide: by key, what it is and how to do without."""
        found = {}
        for key in self.lists:
            values = getattr(self, key)
            if len(values) > 1:
                cure = f"leave one, such as {key}: [{values[0]}]"
                found[key] = (f"{len(values)} values to choose from", cure)
        return found


class SearchableSettings(LearnedSettings):
    """The base of the settings of heads whose settings can be searched for.

    Attributes:
        ranges: that a search draws from, by key.
        search: null for the values as they are written.
    """

    ranges: ClassVar[Mapping[str, Range]] = {}
    search: SearchSettings | None

    def needs_validation(self) -> dict[str, tuple[str, str]]:
        """See the base class."""
        search = {"search": ("a search", "set search: null")} if self.search else {}
        return super().needs_validation() | search
