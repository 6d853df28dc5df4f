"""Every network of params.yaml: its shapes and weights, and that it can learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.config import folders
from pipeline.config.base import parse
from pipeline.config.trainings import TrainingSettings
from pipeline.core.errors import NetworkError
from pipeline.networks import registry
from pipeline.networks.registry import load_network, parse_network
from pipeline.training import loop
from pipeline.training.clips import Clips, clips
from tests.conftest import ROOT

NAMES = sorted(folders.names("networks", ROOT))

IMAGE, COLOURS, NUMBERS, LAYERS = (1, 64, 64), (3, 64, 64), (1, 180), (1, 13, 768)
OF_NUMBERS = {"ann", "conv1d-4", "conv1d-8", "lstm", "rnn", "transformer"}

WEIGHTS = {
    "alexnet": 2_852_552,
    "ann": 22_792,
    "audio-transformer": 117_064,
    "conv1d-4": 100_168,
    "conv1d-8": 332_040,
    "crnn": 352_872,
    "layers": 198_933,
    "lstm": 22_536,
    "lstm-frames": 595_976,
    "plain": 1_142_408,
    "resnet9": 412_408,
    "rnn": 61_704,
    "small": 293_688,
    "transformer": 101_960,
    "vgg16": 15_242_952,
    "vgg19": 20_552_648,
    "wide": 1_167_976,
}
"""Learned numbers with eight emotions, of an image of 64 x 64, a row of 180 numbers, or an
encoder's 13 layers of 768."""

CONTESTS = {"alexnet": (6, 61_100_840), "vgg16": (7, 138_357_544), "vgg19": (7, 143_667_240)}
"""The grid, and the weights with 1000 classes and 3 channels, as published."""


def shape(name: str) -> tuple[int, ...]:
    if name == "layers":
        return LAYERS
    return NUMBERS if name in OF_NUMBERS else IMAGE


def settings(**changes: Any) -> TrainingSettings:
    paper = folders.load(TrainingSettings, "trainings", "paper", root=ROOT)
    return parse(TrainingSettings, {**paper.model_dump(), "patience": None, **changes})


def rows(name: str, count: int) -> Clips:
    """Noise with random labels: nothing to generalise, all to memorise."""
    rng = np.random.default_rng(0)
    if shape(name) != IMAGE:
        array: Any = rng.normal(size=(count, *shape(name)[1:])).astype(np.float32)
    else:
        side = 32 if name in ("vgg16", "vgg19") else 64
        # In blocks, for poolings would average single pixels away.
        blocks = rng.integers(0, 256, (count, side // 8, side // 8))
        array = blocks.repeat(8, axis=1).repeat(8, axis=2).astype(np.uint8)
    return clips(array, np.arange(count) % 4)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_gives_scores_and_an_embedding(name: str) -> None:
    network = registry.make(load_network(name, ROOT), shape(name), 8).eval()
    images = torch.rand(3, *shape(name))
    vectors = network.embed(images)
    assert vectors.shape == (3, network.width)
    assert network.classify(vectors).shape == (3, 8)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_has_its_documented_number_of_weights(name: str) -> None:
    with torch.device("meta"):
        network = registry.make(load_network(name, ROOT), shape(name), 8)
    assert registry.weights(network) == WEIGHTS[name]


@pytest.mark.parametrize("layout", sorted(CONTESTS))
def test_contest_networks_have_the_published_weights(layout: str) -> None:
    grid, weights = CONTESTS[layout]
    own = {"layout": layout, "grid": grid, "dense": 4096}
    data = {"kind": "imagenet", "dropout": 0.5, "normalise": "channel", **own}
    with torch.device("meta"):
        network = registry.make(parse_network(data), (3, 224, 224), 1000)
    assert registry.weights(network) == weights


class LearnedError(Exception):
    """Every clip is classified correctly."""


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_network_can_learn_32_clips_by_heart(name: str) -> None:
    def stop(epoch: loop.Epoch) -> None:
        if epoch.validation_uar == 1.0:
            raise LearnedError

    shown, network = rows(name, 32), load_network(name, ROOT)
    pace = {"batch": 16, "rate": 0.001}
    if name in CONTESTS:
        # So deep and without batch norm, they want smaller steps, and no dropout in so few.
        pace = {"batch": 8, "rate": 0.0001}
        network = network.model_copy(update={"dropout": 0.0})
    with pytest.raises(LearnedError):
        loop.fit(
            shown, shown, network, settings(epochs=200, **pace),
            emotions=4, seed=0, on_epoch=stop, progress=False,
        )  # fmt: skip


def test_rows_of_numbers_are_no_image() -> None:
    with pytest.raises(NetworkError, match="learns from images"):
        registry.make(load_network("plain", ROOT), NUMBERS, 8)


def test_an_image_is_no_row_of_numbers() -> None:
    with pytest.raises(NetworkError, match="conv1d learns from rows of numbers"):
        registry.make(load_network("conv1d-8", ROOT), IMAGE, 8)


@pytest.mark.parametrize("layout", sorted(CONTESTS))
def test_weights_of_imagenets_layout_fit_a_grey_view(layout: str) -> None:
    """A file as torchvision's: three channels, the full dense layers, 1000 classes."""
    small = load_network(layout, ROOT)
    grid, _ = CONTESTS[layout]
    full = small.model_copy(update={"grid": grid, "dense": 64})
    theirs = registry.make(full, (3, 64, 64), 1000).state_dict()
    given = {name: value for name, value in theirs.items() if name.startswith(("feat", "class"))}
    given["classifier.6.weight"] = theirs["last.weight"]
    network = registry.make(small, IMAGE, 8)
    taken = network.begin_from(given)
    assert all(name.startswith("features.") for name in taken) and "features.0.weight" in taken
    ours = network.state_dict()["features.0.weight"]
    torch.testing.assert_close(ours, given["features.0.weight"].sum(dim=1, keepdim=True))


def test_dense_layers_are_brought_along_where_they_fit() -> None:
    full = load_network("vgg16", ROOT)
    given = registry.make(full, COLOURS, 8).state_dict()
    taken = registry.make(full, COLOURS, 4).begin_from(given)
    assert {"classifier.0.weight", "classifier.3.weight"} <= set(taken)


def test_alexnet_needs_larger_images_than_vgg() -> None:
    registry.make(load_network("vgg16", ROOT), (1, 32, 32), 8)
    with pytest.raises(NetworkError, match="alexnet needs images of at least 63 x 63"):
        registry.make(load_network("alexnet", ROOT), (1, 32, 32), 8)
