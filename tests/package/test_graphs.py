"""ONNX graphs predict as the networks do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from pipeline.core.errors import PackageError
from pipeline.networks import registry
from pipeline.networks.network import Network
from pipeline.networks.registry import families, parse_network
from pipeline.package import graphs
from pipeline.training.prediction import predict

KINDS: dict[str, dict[str, Any]] = {
    "ann": {"numbers": 40, "hidden": [16]},
    "cnn": {"channels": [8], "dense": 16},
    "conv1d": {"channels": [4, 8], "kernel": 5, "pool_every": 2, "first_dropout": 0.1},
    "crnn": {"channels": [8], "width": 8},
    "imagenet": {"layout": "alexnet", "grid": 1, "dense": 16},
    "layers": {"width": 8, "between": 0.1},
    "recurrent": {
        "cell": "lstm", "width": 8, "layers": 1, "both_ways": True, "between": 0.0, "step": 1,
    },
    "resnet9": {"width": 4},
    "spectrogram-net": {"width": 4, "pooling": "attentive"},
    "transformer": {
        "step": 20, "patch": [32, 4], "width": 8, "layers": 1, "heads": 2, "between": 0.1,
        "positions": "sine",
    },
}  # fmt: skip
SHAPES = {"ann": (1, 180), "conv1d": (1, 180), "layers": (1, 5, 12)}


def rows(shape: tuple[int, ...], count: int) -> npt.NDArray[Any]:
    rng = np.random.default_rng(0)
    if len(shape) == 3 and shape[1] > 5:
        return rng.integers(0, 256, (count, *shape), dtype=np.uint8)
    return rng.normal(size=(count, *shape)).astype(np.float32)


def made(kind: str) -> tuple[Network, tuple[int, ...]]:
    torch.manual_seed(0)
    shape = SHAPES.get(kind, (1, 64, 64))
    data = {"kind": kind, "dropout": 0.2, "normalise": "channel", **KINDS[kind]}
    return registry.make(parse_network(data), shape, 8).eval(), shape


def test_every_family_is_tried() -> None:
    assert set(KINDS) == set(families())


@pytest.mark.slow
@pytest.mark.parametrize("kind", families())
def test_a_graph_predicts_as_its_network(kind: str, tmp_path: Path) -> None:
    network, shape = made(kind)
    some = rows(shape, 5)
    graphs.export(network, shape, str(some.dtype), 1, tmp_path / "network.onnx")
    probabilities, embeddings = graphs.Graph(tmp_path / "network.onnx", threads=1)(some)
    own_probabilities, own_embeddings = predict(network, torch.from_numpy(some))
    assert np.abs(probabilities - own_probabilities).max() < 1e-5
    assert np.abs(embeddings - own_embeddings).max() < 1e-4


@pytest.mark.slow
def test_test_time_views_are_part_of_the_graph(tmp_path: Path) -> None:
    network, shape = made("spectrogram-net")
    some = rows(shape, 5)
    graphs.export(network, shape, str(some.dtype), 3, tmp_path / "network.onnx")
    _, embeddings = graphs.Graph(tmp_path / "network.onnx", threads=1)(some)
    three, one = (predict(network, torch.from_numpy(some), views=n)[1] for n in (3, 1))
    assert np.abs(embeddings - three).max() < 1e-5
    assert np.abs(embeddings - one).max() > 1e-4


@pytest.mark.slow
def test_eight_bits_predict_nearly_the_same_in_less_space(tmp_path: Path) -> None:
    network, shape = made("cnn")
    some = rows(shape, 64)
    graphs.export(network, shape, str(some.dtype), 1, tmp_path / "network.onnx")
    graphs.quantise(tmp_path / "network.onnx", some, tmp_path / "int8.onnx")
    probabilities, _ = graphs.Graph(tmp_path / "int8.onnx", threads=1)(some)
    assert np.abs(probabilities - predict(network, torch.from_numpy(some))[0]).max() < 0.05
    assert (tmp_path / "int8.onnx").stat().st_size < (tmp_path / "network.onnx").stat().st_size / 2


def test_a_pruned_network_has_the_asked_share_of_zeros() -> None:
    network, _ = made("cnn")
    lean = graphs.pruned(network, 0.5)
    weights = torch.cat([w.flatten() for n, w in lean.named_parameters() if n.endswith("weight")])
    assert float((weights == 0).float().mean()) == pytest.approx(0.5, abs=0.01)
    assert all((w != 0).any() for w in network.parameters())


def test_a_damaged_graph_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(b"no graph")
    with pytest.raises(PackageError, match="make it again with: ser export"):
        graphs.Graph(tmp_path / "network.onnx", threads=1)
