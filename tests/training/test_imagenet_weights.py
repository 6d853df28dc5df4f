"""Initial weights of ImageNet, of files as torchvision writes them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pipeline.config.folders import load
from pipeline.config.initial_weights import ImagenetWeightsSettings
from pipeline.core.errors import ConfigError, TrainingError
from pipeline.corpora.fetch.download import Fetcher
from pipeline.networks import registry
from pipeline.networks.imagenet import alexnet
from pipeline.networks.registry import load_network
from pipeline.training.initial_weights import imagenet
from pipeline.training.initial_weights.make import gather
from pipeline.training.initial_weights.weights import open_initial_weights
from tests.conftest import ROOT
from tests.corpora.faulty_server import running


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    """AlexNet's convolutions with dense layers of another size, under torchvision's names."""
    torch.manual_seed(0)
    state = alexnet(3).state_dict(prefix="features.")
    return {
        **state,
        "classifier.6.weight": torch.zeros(10, 4),
        "classifier.6.bias": torch.zeros(10),
    }


@pytest.fixture
def file(weights: dict[str, Tensor], tmp_path: Path) -> Path:
    path = tmp_path / "theirs.pth"
    torch.save(weights, path)
    return path


def settings(path: Path, layout: str = "alexnet") -> ImagenetWeightsSettings:
    data: dict[str, Any] = {"kind": "imagenet", "layout": layout}
    return ImagenetWeightsSettings(**data, file=str(path), source=str(path))


def test_a_file_on_this_machine_starts_every_seed(
    file: Path, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    gather(settings(file), tmp_path / "imagenet")
    initial = open_initial_weights(tmp_path / "imagenet")
    given = initial.load(seed=3)
    assert given is not None and not initial.about.speakers
    assert torch.equal(given["features.0.weight"], weights["features.0.weight"])
    network = registry.make(load_network("alexnet", ROOT), (1, 64, 64), 8)
    assert "features.10.weight" in network.begin_from(given)


def test_the_file_stays_where_it_was(file: Path, tmp_path: Path) -> None:
    gather(settings(file), tmp_path / "imagenet")
    assert file.is_file()


def test_a_fetched_file_is_held_to_its_checksum(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = file.read_bytes()
    good = f"alexnet-{hashlib.sha256(body).hexdigest()[:8]}.pth"
    with running() as server:
        address = server.serve(f"/{good}", body).rpartition("/")[0]
        server.serve("/alexnet-00000000.pth", body)
        monkeypatch.setitem(imagenet.NAMES, "alexnet", good)
        assert imagenet.fetch("alexnet", tmp_path, address).read_bytes() == body
        monkeypatch.setitem(imagenet.NAMES, "alexnet", "alexnet-00000000.pth")
        with pytest.raises(TrainingError, match="not what its checksum promises"):
            imagenet.fetch("alexnet", tmp_path, address)
    assert not list(tmp_path.glob("*00000000*"))


def test_offline_the_cure_is_a_file(tmp_path: Path) -> None:
    once = Fetcher(retries=0, backoff=0.0, progress=False)
    with pytest.raises(TrainingError, match=r"could not be fetched .* name it as file"):
        imagenet.fetch("alexnet", tmp_path, "http://127.0.0.1:9", once)
    assert not list(tmp_path.iterdir())


def test_a_file_of_another_network_is_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"theirs.pth: features\.0\.weight is not vgg16's"):
        gather(settings(file, "vgg16"), tmp_path / "imagenet")
    assert not (tmp_path / "imagenet").exists()


@pytest.mark.parametrize("body", [b"", b"<!doctype html>", b"PK\x03\x04 cut"])
def test_what_is_no_weights_is_refused(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "theirs.pth"
    path.write_bytes(body)
    with pytest.raises(TrainingError, match="no file of weights"):
        imagenet.read(path, "alexnet")


def test_a_file_with_code_in_it_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "theirs.pth"
    torch.save({"features.0.weight": Path("anything")}, path)
    with pytest.raises(TrainingError, match="no file of weights"):
        imagenet.read(path, "alexnet")


def test_the_source_is_the_file(tmp_path: Path) -> None:
    params = tmp_path / "inputs/params.yaml"
    params.parent.mkdir()
    line = "{kind: imagenet, layout: vgg16, file: a.pth, source: b.pth}"
    params.write_text(f"initial_weights:\n  a: {line}\n")
    with pytest.raises(ConfigError, match=r"should be the file, 'a\.pth'"):
        load(ImagenetWeightsSettings, "initial_weights", "a", root=tmp_path)
