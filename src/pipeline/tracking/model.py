"""The script that MLflow runs to load a registered model: recordings in, probabilities out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow.pyfunc
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

if TYPE_CHECKING:
    from pipeline.package.listener import Listener


class Champion(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
    """From a column ``audio`` of whole files to a column of probabilities for each emotion."""

    listener: Listener

    def load_context(self, context: Any) -> None:
        """Read the package beside the model."""
        from pipeline.package.listener import Listener
        from pipeline.package.package import open_package

        self.listener = Listener(open_package(Path(context.artifacts["package"])))

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Probabilities of each recording; MLflow takes the types from the signature."""
        from pipeline.core.errors import AudioError

        with tempfile.TemporaryDirectory(prefix="ser-") as scratch:
            paths = []
            for number, content in enumerate(model_input["audio"]):
                paths.append(Path(scratch) / f"recording-{number}")
                paths[-1].write_bytes(content)
            rows = []
            for prediction in self.listener.predict_many(paths):
                if isinstance(prediction, AudioError):
                    message = str(prediction).replace(f"{scratch}/", "")
                    raise MlflowException(message, INVALID_PARAMETER_VALUE)
                rows.append(prediction.probabilities)
        return pd.DataFrame(rows, columns=self.listener.package.emotions)


mlflow.models.set_model(Champion())
