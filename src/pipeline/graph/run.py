"""Running stages: ``dvc repro``, after clearing away what a killed run left behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.graph.recovery import NOTES, clear_notes, forget_locks, keep_locks, mend_lock
from pipeline.graph.targets import Graph


def run_stages(
    targets: Sequence[str],
    flags: Sequence[str] = (),
    *,
    graph: Graph | None = None,
    notify: Callable[[str], object] = print,
) -> int:
    """Run ``dvc repro`` on targets.

    Args:
        targets: as :meth:`Graph.addresses` takes them; the main pipeline if there are none.
        flags: of ``dvc repro``.
        graph: of the repository; that of the working folder if absent.
        notify: is called with a line for everything that had to be mended.

    Returns:
        The exit status of DVC.

    Raises:
        ConfigError: a target is not there.
    """
    graph = graph or Graph()
    addresses = [address for target in targets for address in graph.addresses(target)]
    recover(graph, notify)
    locks = graph.locks()
    keep_locks(locks, graph.root)
    command = [sys.executable, "-m", "dvc", "repro", *flags, *addresses]
    status = subprocess.run(command, check=False, cwd=graph.root).returncode
    forget_locks(locks, graph.root)
    return status


def recover(graph: Graph, notify: Callable[[str], object] = print) -> None:
    """Clear away what a killed run left behind."""
    if clear_notes(graph.root):
        notify(f"note: {NOTES} named a run that was killed; it is cleared")
    for path in graph.locks():
        if mend_lock(path, graph.root):
            name = Path(path).relative_to(graph.root)
            notify(f"note: {name} was left half-written by a killed run and is mended")
