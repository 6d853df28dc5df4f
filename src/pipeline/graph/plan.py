"""What a run would do, without doing it, and without the data being there.

``dvc repro --dry`` stops at the first folder that a stage needs and that is not there yet,
as on a bare clone. Here a stage that waits for another is simply one that would run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.graph.targets import GRAPH, Graph

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of a plan.

    Attributes:
        stage: its address.
        description: what it does, for people.
        runs: whether it would run; else it is up to date.
    """

    stage: str
    description: str
    runs: bool


def plan(targets: Sequence[str], *, every: bool = False, graph: Graph | None = None) -> list[Step]:
    """The stages that targets need, in the order that DVC would take them.

    Args:
        targets: as :meth:`Graph.addresses` takes them; the main pipeline if there are none.
        every: all stages of all papers and studies.
        graph: of the repository; that of the working folder if absent.

    Raises:
        ConfigError: a target is not there.
    """
    from dvc.repo import Repo
    from dvc.repo.reproduce import get_active_graph, plan_repro

    graph = graph or Graph()
    addresses = [address for target in targets for address in graph.addresses(target)]
    with inside(graph.root), Repo() as repo, repo.lock:
        wanted = (
            None
            if every
            else [
                stage for address in addresses or [GRAPH] for stage in repo.stage.collect(address)
            ]
        )
        active = get_active_graph(repo.index.graph)
        running: set[Any] = set()
        steps = []
        for stage in plan_repro(active, wanted):
            if any(other in running for other in active.successors(stage)) or stage.changed():
                running.add(stage)
            steps.append(Step(stage.addressing, stage.desc or "", stage in running))
        return steps


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """DVC names stages by where they lie from the working folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
