"""What is in a store."""

from __future__ import annotations

from pathlib import Path

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

PARENT = "mlflow.parentRunId"


def client(root: Path, name: str = "mlflow.db") -> MlflowClient:
    return MlflowClient(f"sqlite:///{root}/{name}")


def runs(root: Path, query: str = "", dataset: str = "demo", name: str = "mlflow.db") -> list[Run]:
    store = client(root, name)
    experiment = store.get_experiment_by_name(dataset)
    assert experiment is not None
    return list(store.search_runs([experiment.experiment_id], query, max_results=1000))


def only(root: Path, query: str, dataset: str = "demo") -> Run:
    found = runs(root, query, dataset)
    assert [run.info.run_name for run in found][1:] == []
    return found[0]


def names(root: Path) -> list[str]:
    """Every run as the way to it from the top."""
    found = {run.info.run_id: run for run in runs(root)}

    def way(run: Run) -> str:
        parent = run.data.tags.get(PARENT)
        return f"{way(found[parent])} / {run.info.run_name}" if parent else str(run.info.run_name)

    return sorted(way(run) for run in found.values())
