"""The identity of a run: one network of a recipe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

MAIN: Final = -1
"""The part of a run that leaves out no part of the training clips."""

_NAME: Final = re.compile(r"fold-(\d+)-seed-(\d+)(?:-part-(\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One network of a recipe, or what was made with it.

    Attributes:
        fold: that tests it.
        seed: of its weights and its training.
        part: of the training clips that it leaves out, or ``MAIN``.
    """

    fold: int
    seed: int
    part: int = MAIN

    @classmethod
    def of(cls, fold: int, seed: int, part: int | None) -> Self:
        """A run as JSON describes it, where null stands for no part.

        Example:
            >>> Run.of(0, 1, None) == Run(0, 1)
            True
        """
        return cls(fold, seed, MAIN if part is None else part)

    @classmethod
    def parse(cls, name: str) -> Self:
        """The run that a file is called after.

        Raises:
            ValueError: it is no run's name.

        Example:
            >>> Run.parse("fold-0-seed-1-part-2")
            Run(fold=0, seed=1, part=2)
        """
        found = _NAME.fullmatch(name)
        if found is None:
            raise ValueError(f"{name!r} is no run, such as fold-0-seed-0")
        fold, seed, part = found.groups()
        return cls.of(int(fold), int(seed), None if part is None else int(part))

    @property
    def name(self) -> str:
        """What its files are called.

        Example:
            >>> Run(0, 1).name, Run(0, 1, 2).name
            ('fold-0-seed-1', 'fold-0-seed-1-part-2')
        """
        part = "" if self.part == MAIN else f"-part-{self.part}"
        return f"fold-{self.fold}-seed-{self.seed}{part}"

    @property
    def number(self) -> int | None:
        """The part's number, or nothing for a run that leaves out none."""
        return None if self.part == MAIN else self.part

    @property
    def main(self) -> Run:
        """The run of the same fold and seed that leaves out no part."""
        return Run(self.fold, self.seed)
