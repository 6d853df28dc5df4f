"""A recipe's chosen head as a registered model with the alias ``champion``.

The head that stands for the recipe, chosen by validation where there is any, with the
networks of all folds and seeds. Its version is found by what it is made of, as runs are.
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
INPUT: Final = "audio"
"""The column of whole files, as bytes."""
RATE: Final = 16_000
REQUIREMENTS: Final = (
    "av",
    "lightgbm",
    "numpy",
    "pandas",
    "pydantic",
    "pyyaml",
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
"""Libraries that a package needs to predict."""


def name(recipe: str) -> str:
    """The name of the registered model.

    Example:
        >>> name("demo")
        'ser-demo'
    """
    return f"ser-{recipe}"


def register(tree: Tree) -> bool:
    """Register the chosen head and set the alias to it, unless that is so already.

    Returns:
        Whether anything changed.

    Raises:
        TrackingError: the store cannot be reached.
        PackageError: weights or heads are not here.
    """
    outputs = tree.outputs
    metrics, recipe = outputs.metrics, outputs.recipe
    head = headline(metrics)
    heads = [one for one in outputs.heads.heads if one.head == head]
    if not heads:
        return False
    networks = outputs.networks.networks if outputs.has_network else ()
    # A version with another input is another model.
    key = identity(
        "champion",
        input=INPUT,
        recipe=tree.key,
        heads=[one.sha256 for one in heads],
        networks=[one.sha256 for one in networks],
    )
    if tree.store.registered(name(recipe), ALIAS).get("key") == key:
        return False
    figures = metrics["heads"][head]
    tags = {
        "key": key,
        "recipe": recipe,
        "dataset": tree.facts["dataset"],
        "head": head,
        "label": metrics["label"],
        "uar": f"{figures['uar']['mean']:.4f}",
        "predictions_sha256": outputs.predictions,
    }
    note = f"{head}, {len(heads)} folds and seeds averaged. {metrics['label']}."
    with tempfile.TemporaryDirectory() as scratch:
        folder, model = Path(scratch) / "package", Path(scratch) / "model"
        about = package.gather(recipe, head, folder, outputs.root)
        save(folder, model, about.emotions)
        tree.store.register(tree.parent().id, name(recipe), ALIAS, model, tags, note)
    return True


def save(folder: Path, model: Path, emotions: Sequence[str]) -> None:
    """Write a package as an MLflow model, with the code that reads it.

    Args:
        folder: the package.
        model: folder to fill.
        emotions: the columns of the output.
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
                Schema([ColSpec("binary", INPUT)]),
                Schema([ColSpec("double", emotion) for emotion in emotions]),
            ),
            input_example=example(),
            pip_requirements=[f"{name}=={_version(name)}" for name in REQUIREMENTS],
        )


def example() -> pd.DataFrame:
    """One recording as the model's input: a second of a tone, as a WAV file's bytes."""
    file = io.BytesIO()
    tone = 0.1 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)
    soundfile.write(file, tone, RATE, format="WAV", subtype="PCM_16")
    return pd.DataFrame({INPUT: [file.getvalue()]})


def _version(library: str) -> str:
    """Without the build's label, which no registry lists."""
    return importlib.metadata.version(library).partition("+")[0]
