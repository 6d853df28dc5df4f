"""How an experiment is laid out, and older stores brought to it.

MLflow folds the children of a run away. So the summary of each head has no parent: the
table shows a row per recipe and head. The run of a recipe stands beside them, and its
networks, and the heads fitted on each, hang under it.
"""

from __future__ import annotations

from typing import Final

from pipeline.tracking import view
from pipeline.tracking.store import NOTE, PARENT, Store, StoredExperiment, connect

KIND: Final = "mlflow.experimentKind"
OWN: Final = "A run per recipe"
"""How a description begins that this package wrote; others are left alone."""

TAGS: Final = {
    KIND: "custom_model_development",
    view.TAG: view.tag(),
    NOTE: (
        f"{OWN} and head, over all folds and seeds. For networks and folds: clear the filter, "
        "sort by Created.\n\n"
        "The run named as a recipe holds its report, and under it the networks with the heads "
        "fitted on each. What newer outputs replaced has the tag `current` = `false`; *Views*, "
        f"*{view.NAME}* shows the heads again."
    ),
}
"""The tags of an experiment."""


def summary_name(recipe: str, head: str) -> str:
    """The name of a head's summary.

    Example:
        >>> summary_name("demo", "svm")
        'demo / svm'
    """
    return f"{recipe} / {head}"


def experiments(store: Store) -> list[StoredExperiment]:
    """The experiments that hold datasets."""
    return [item for item in store.experiments() if item.tags.get(KIND) == TAGS[KIND]]


def arrange() -> list[StoredExperiment]:
    """Lay out what an older version has stored; does nothing where that is done.

    Returns:
        The experiments of datasets.

    Raises:
        TrackingError: the store cannot be reached.
    """
    store = connect()
    with store.locked():
        found = experiments(store)
        for experiment in found:
            _arrange(store, experiment)
    return found


def _arrange(store: Store, experiment: StoredExperiment) -> None:
    old = {name: experiment.tags.get(name, "") for name in TAGS}
    changed = {name: value for name, value in TAGS.items() if old[name] != value}
    if old[NOTE] and not old[NOTE].startswith(OWN):
        changed.pop(NOTE, None)
    store.label_experiment(experiment.id, changed)
    for run in store.runs(experiment.id, kind="summary"):
        name = summary_name(run.tags.get("recipe", ""), run.tags.get("head", ""))
        if run.name != name:
            store.rename(run.id, name)
        if PARENT in run.tags:
            store.unlabel(run.id, PARENT)
