"""The script that MLflow runs to load a registered model: a package behind ``predict``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow.pyfunc
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pipeline.package import Package


class Champion(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
    """Rows of a view to probabilities, a column for each emotion."""

    package: Package

    def load_context(self, context: Any) -> None:
        """Read the package beside the model."""
        from pipeline.package import open_package

        self.package = open_package(Path(context.artifacts["package"]))

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Probabilities of each row; MLflow takes the types from the signature."""
        odds = self.package.judge(np.asarray(model_input))
        return pd.DataFrame(odds, columns=self.package.emotions)


mlflow.models.set_model(Champion())
