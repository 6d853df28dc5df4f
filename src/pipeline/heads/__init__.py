"""What classifies embeddings: one module a kind, with its settings and its estimator.

The estimators are scikit-learn's in all but origin, and need no file of settings:

    >>> import numpy as np
    >>> from pipeline.heads import Svm
    >>> embeddings = np.array([[0.0, 1.0], [0.2, 0.9], [1.0, 0.0], [0.9, 0.1]])
    >>> Svm(kernel="linear").fit(embeddings, ["sad", "sad", "happy", "happy"]).predict([[1.0, 0.1]])
    array(['happy'], dtype='<U5')

Each is imported when it is asked for, so that importing this package stays quick. The registry
finds a kind by its module's name. To add one, write its module, with ``SETTINGS`` and ``HEAD``,
and name it in a set of the section ``heads`` of params.yaml.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.heads.lightgbm import Lightgbm
    from pipeline.heads.mlp import Mlp
    from pipeline.heads.random_forest import RandomForest
    from pipeline.heads.svm import Svm
    from pipeline.heads.xgboost import Xgboost

__all__ = ["Lightgbm", "Mlp", "RandomForest", "Svm", "Xgboost"]


def __getattr__(name: str) -> Any:
    """Import an estimator by the name of its class, ``RandomForest`` from ``random_forest``."""
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    module = f"{__name__}.{words.removeprefix('_')}"
    if name[:1].isupper() and find_spec(module):
        return import_module(module).HEAD
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
