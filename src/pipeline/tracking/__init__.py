"""Recipes as trees of runs in MLflow, identified by what they are made of.

An experiment is a dataset. In it, each recipe and head has a summary over all folds and
seeds, so that heads are compared side by side under the same metric names. A recipe's run
stands for one training identity: the same data, settings and seeds. Under it are a run per
network, with the heads that were fitted on that network's embeddings under it. The heads of
a recipe without a network are under the recipe's run.

Every run has the tag ``key``, a hash of what makes it what it is, and a head names its
network by the hash of the weights. Nothing depends on run ids: recording the same
outputs again finds their runs, and an empty store is filled from what DVC keeps.

Only this package imports mlflow, and only when it must, for that takes seconds.
"""

from pipeline.tracking.record import (
    SyncResult,
    record_evaluation,
    record_heads,
    record_networks,
    sync,
    training_run,
)
from pipeline.tracking.store import prepare
from pipeline.tracking.training import TrainingRun

__all__ = [
    "SyncResult",
    "TrainingRun",
    "prepare",
    "record_evaluation",
    "record_heads",
    "record_networks",
    "sync",
    "training_run",
]
