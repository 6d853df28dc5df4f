"""The winner of a recipe as a registered model with the alias ``champion``.

The head that stands for the recipe, which validation chose where it could, with the networks
of all folds and seeds. Its version is found again by what it is made of, as runs are.
"""

from __future__ import annotations

import importlib.metadata
import io
import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import soundfile

from pipeline.evaluation.results import headline
from pipeline.package import package
from pipeline.tracking.outputs import identity
from pipeline.tracking.tree import Tree

ALIAS: Final = "champion"
TAKES: Final = "audio"
"""The column of whole files, as bytes."""
RATE: Final = 16_000
SERVED: Final = (
    "lightgbm",
    "numpy",
    "pandas",
    "pydantic",
    "ruamel.yaml",
    "safetensors",
    "scikit-learn",
    "scipy",
    "soundfile",
    "soxr",
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
    # What the model takes is part of what it is: a version that took something else is not it.
    key = identity(
        "champion",
        takes=TAKES,
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
        save(folder, model, about["emotions"])
        tree.store.register(tree.top().id, name(recipe), ALIAS, model, tags, note)
    return True


def save(folder: Path, model: Path, emotions: Sequence[str]) -> None:
    """Write a package as an MLflow model, which carries the code that reads it.

    Args:
        folder: the package.
        model: folder to fill.
        emotions: the columns of the answers.
    """
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    logging.getLogger("mlflow.pyfunc").setLevel(logging.WARNING)
    here = Path(__file__).parent
    with warnings.catch_warnings(record=True):
        mlflow.pyfunc.save_model(
            str(model),
            python_model=str(here / "model.py"),
            artifacts={"package": str(folder)},
            code_paths=[str(here.parent)],
            signature=ModelSignature(
                Schema([ColSpec("binary", TAKES)]),
                Schema([ColSpec("double", emotion) for emotion in emotions]),
            ),
            input_example=example(),
            pip_requirements=[f"{name}=={_version(name)}" for name in SERVED],
        )


def example() -> pd.DataFrame:
    """One recording as the model takes it: a second of a tone, as a WAV file's bytes."""
    file = io.BytesIO()
    tone = 0.1 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)
    soundfile.write(file, tone, RATE, format="WAV", subtype="PCM_16")
    return pd.DataFrame({TAKES: [file.getvalue()]})


def _version(library: str) -> str:
    """Without the build's label, which no registry lists."""
    return importlib.metadata.version(library).partition("+")[0]
