"""Networks as ONNX graphs: whole, with 8-bit integers, and with small weights pruned.

A graph takes a view's rows as they are stored, bytes for images, and gives probabilities
and embeddings, the mean over the test-time views of its recipe: what
:func:`pipeline.training.prediction.predict` gives.
"""

from __future__ import annotations

import copy
import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.core.errors import PackageError
from pipeline.core.storage import atomic_write
from pipeline.networks.network import Network
from pipeline.training import prediction
from pipeline.training.clips import BATCH

OPSET: Final = 18
CALIBRATION_BATCH: Final = 32
QUANTISED: Final = ["Conv", "Gemm", "MatMul", "MaxPool", "Relu"]
"""What counts in integers: where time goes. Probabilities stay floats and sum to one."""

Rows = npt.NDArray[Any]
Embedded = npt.NDArray[np.float32]


def export(network: Network, shape: Sequence[int], kind: str, views: int, path: Path) -> None:
    """Write a network as a graph.

    Args:
        network: on the processor.
        shape: of a row as the network takes it: channels first.
        kind: of the rows: ``uint8`` for images, ``float32`` for numbers.
        views: test-time views that are averaged.
        path: the file, with its weights inside.

    Raises:
        PackageError: the network cannot be exported.
    """
    example = torch.zeros(2, *shape, dtype=getattr(torch, kind))
    if views > len(prediction.VIEWS):
        raise PackageError(
            f"{path.name}: graphs average up to {len(prediction.VIEWS)} test-time views, "
            f"the recipe's training has test_views: {views}"
        )
    module = _Exported(network, shape, views).eval()
    # The exporter logs every step.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore"), atomic_write(path) as partial:
            torch.onnx.export(
                module,
                (example,),
                partial,
                input_names=["rows"],
                output_names=["probabilities", "embeddings"],
                dynamic_shapes={"rows": {0: torch.export.Dim("clips", min=1)}},
                opset_version=OPSET,
                external_data=False,
                verbose=False,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise PackageError(f"{path.name}: this network has no ONNX graph ({reason})") from None


def quantise(source: Path, rows: Rows, path: Path) -> None:
    """Write a graph with 8-bit weights and activations.

    Args:
        source: the whole graph.
        rows: of training clips, to measure the range of the activations.
        path: the file to write.
    """
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    logging.getLogger().addFilter(_quiet)
    with tempfile.TemporaryDirectory() as scratch, atomic_write(path) as partial:
        ready = Path(scratch) / "ready.onnx"
        quant_pre_process(source, ready, skip_symbolic_shape=True)
        quantization.quantize_static(
            ready,
            partial,
            _reader(rows),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            op_types_to_quantize=QUANTISED,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
    logging.getLogger().removeFilter(_quiet)


def pruned(network: Network, share: float) -> Network:
    """A copy of the network without its smallest weights, counted over all layers.

    Args:
        network: stays as it is.
        share: of the weights of convolutions and dense layers, from 0 to 1.
    """
    from torch.nn.utils import prune

    lean = copy.deepcopy(network)
    layers = [
        part for part in lean.modules() if isinstance(part, nn.Conv1d | nn.Conv2d | nn.Linear)
    ]
    named = [(layer, "weight") for layer in layers]
    prune.global_unstructured(named, pruning_method=prune.L1Unstructured, amount=share)
    for layer, name in named:
        prune.remove(layer, name)  # type: ignore[no-untyped-call]
    return lean


class Graph:
    """A graph in ONNX Runtime: from rows, channels first, to probabilities and embeddings."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load a graph.

        Raises:
            PackageError: the file is damaged or missing.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self.session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            reason = str(error).strip().splitlines()[0]
            raise PackageError(f"{path}: {reason}; make it again with: ser export") from None

    def __call__(self, rows: Rows) -> tuple[Embedded, Embedded]:
        """Probabilities and embeddings of rows."""
        parts = [
            self.session.run(None, {"rows": rows[start : start + BATCH]})
            for start in range(0, len(rows), BATCH)
        ]
        return np.concatenate([part[0] for part in parts]), np.concatenate(
            [part[1] for part in parts]
        )


class _Exported(nn.Module):
    """What a graph computes: bytes to floats, the test-time views, the network, softmax."""

    def __init__(self, network: Network, shape: Sequence[int], views: int) -> None:
        super().__init__()
        self.network = network
        self.views = views
        for view in range(1, views):
            self.register_buffer(f"places{view}", _places(view, shape))

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        images = rows.float() / 255 if rows.dtype == torch.uint8 else rows
        # All views in one batch: the network stands in the graph once.
        looks = [self._look(images, view) for view in range(self.views)]
        vectors = self.network.embed(torch.cat(looks))
        probabilities = self.network.classify(vectors).softmax(dim=1)
        return self._mean(probabilities), self._mean(vectors)

    def _mean(self, values: Tensor) -> Tensor:
        """Over the views."""
        return (
            values.reshape(self.views, -1, values.shape[-1]).mean(dim=0)
            if self.views > 1
            else values
        )

    def _look(self, images: Tensor, view: int) -> Tensor:
        if not view:
            return images
        places = self.get_buffer(f"places{view}").expand(images.shape[0], -1, -1, -1)
        return functional.grid_sample(images, places, align_corners=False)


def _places(view: int, shape: Sequence[int]) -> Tensor:
    """The grid at which :func:`pipeline.training.prediction.shifted_view` samples an image."""
    shift, tempo = prediction.VIEWS[view]
    grid = torch.tensor([[[tempo, 0.0, 2 * shift], [0.0, 1.0, 0.0]]])
    return functional.affine_grid(grid, [1, *shape], align_corners=False)


def _reader(rows: Rows) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Gives rows batch by batch."""

        def __init__(self) -> None:
            self.batches = self._batches()

        def _batches(self) -> Iterator[dict[str, Rows]]:
            for start in range(0, len(rows), CALIBRATION_BATCH):
                yield {"rows": rows[start : start + CALIBRATION_BATCH]}

        def get_next(self) -> dict[str, Rows] | None:
            return next(self.batches, None)

    return Reader()


def _quiet(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
