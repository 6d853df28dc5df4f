"""What is called as the networks of a recipe are trained."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from pipeline.training.about import NetworksAbout
from pipeline.training.run import Run


class RunObserver(Protocol):
    """Observes the training of one network."""

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """An epoch has ended; epochs of a resumed training come again, from the first."""

    def done(self, facts: dict[str, Any]) -> None:
        """The network is trained, with these :class:`~pipeline.training.about.NetworkFacts`."""


Observe = Callable[[NetworksAbout, Run], AbstractContextManager[RunObserver]]
"""Opens an observer of a run of a recipe, which the networks' description says more of."""


class _Unobserved:
    """An observer that does nothing."""

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        pass

    def done(self, facts: dict[str, Any]) -> None:
        pass


def unobserved(about: NetworksAbout, run: Run) -> AbstractContextManager[RunObserver]:
    """For trainings that are not observed."""
    return nullcontext(_Unobserved())
