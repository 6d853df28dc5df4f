"""The winner of a recipe as a registered model with the alias ``champion``.

The head that stands for the recipe, which validation chose where it could, with the networks
of all folds and seeds. Its version is found again by what it is made of, as runs are.
"""

from __future__ import annotations

import importlib.metadata
import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipeline import package
from pipeline.results import headline
from pipeline.tracking.outputs import identity
from pipeline.tracking.tree import Tree

ALIAS: Final = "champion"
SERVED: Final = (
    "lightgbm",
    "numpy",
    "pandas",
    "pydantic",
    "ruamel.yaml",
    "safetensors",
    "scikit-learn",
    "threadpoolctl",
    "torch",
    "tqdm",
    "xgboost-cpu",
)
"""What reading a package and asking it takes."""


def name(recipe: str) -> str:
    """What the registered model is called.

    Example:
        >>> name("demo")
        'ser-demo'
    """
    return f"ser-{recipe}"


def register(tree: Tree) -> bool:
    """Register the winner and point the alias at it, unless that is so already.

    Returns:
        Whether anything changed.

    Raises:
        TrackingError: the store cannot be reached.
        PackageError: weights or heads are not here.
    """
    outputs = tree.outputs
    metrics, recipe = outputs.metrics, outputs.recipe
    head = headline(metrics)
    entries = [entry for entry in outputs.heads["heads"] if entry["head"] == head]
    if not entries:
        return False
    key = identity(
        "champion",
        recipe=tree.key,
        heads=[entry["sha256"] for entry in entries],
        networks=[item["sha256"] for item in outputs.networks],
    )
    if tree.store.registered(name(recipe), ALIAS).get("key") == key:
        return False
    figures = metrics["heads"][head]
    tags = {
        "key": key,
        "recipe": recipe,
        "dataset": tree.about["dataset"],
        "head": head,
        "label": metrics["label"],
        "uar": f"{figures['uar']['mean']:.4f}",
        "predictions_sha256": outputs.predictions,
    }
    note = f"{head}, {len(entries)} folds and seeds averaged. {metrics['label']}."
    with tempfile.TemporaryDirectory() as scratch:
        folder, model = Path(scratch) / "package", Path(scratch) / "model"
        about = package.gather(recipe, head, folder, outputs.root)
        save(folder, model, about["shape"], about["emotions"])
        tree.store.register(tree.top().id, name(recipe), ALIAS, model, tags, note)
    return True


def save(folder: Path, model: Path, shape: Sequence[int], emotions: Sequence[str]) -> None:
    """Write a package as an MLflow model, which carries the code that reads it.

    Args:
        folder: the package.
        model: folder to fill.
        shape: of a row of the view.
        emotions: the columns of the answers.
    """
    import mlflow.pyfunc
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    logging.getLogger("mlflow.pyfunc").setLevel(logging.WARNING)
    silent = np.zeros((1, *shape), np.uint8 if len(shape) > 1 else np.float32)
    here = Path(__file__).parent
    with warnings.catch_warnings(record=True):
        mlflow.pyfunc.save_model(
            str(model),
            python_model=str(here / "model.py"),
            artifacts={"package": str(folder)},
            code_paths=[str(here.parent)],
            signature=ModelSignature(
                Schema([TensorSpec(silent.dtype, (-1, *shape))]),
                Schema([ColSpec("double", emotion) for emotion in emotions]),
            ),
            input_example=silent,
            pip_requirements=[f"{name}=={_version(name)}" for name in SERVED],
        )


def _version(library: str) -> str:
    """Without the build's label, which no registry lists."""
    return importlib.metadata.version(library).partition("+")[0]
