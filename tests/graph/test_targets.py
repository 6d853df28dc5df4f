"""From the names that people use to DVC's addresses."""

from __future__ import annotations

import pytest

from pipeline.core.errors import ConfigError
from pipeline.graph.targets import Graph
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("demo", "evaluate@demo"),
        ("train@demo", "train@demo"),
        ("cnn-mel-4", "papers/ijraset/dvc.yaml:evaluate@cnn-mel-4"),
        ("heads@svm-linear", "papers/telugu-ten-models/dvc.yaml:heads@svm-linear"),
        ("index@ravdess", "inputs/dvc.yaml:index@ravdess"),
        ("combine-three", "inputs/dvc.yaml:combine-three"),
        ("ijraset", "papers/ijraset/dvc.yaml"),
        ("papers/ijraset", "papers/ijraset/dvc.yaml"),
        ("papers/ijraset/dvc.yaml:split@cnn-mel-4", "papers/ijraset/dvc.yaml:split@cnn-mel-4"),
        ("compare", "compare"),
    ],
)
def test_a_name_is_enough(target: str, address: str) -> None:
    assert Graph(ROOT).address(target) == address


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        ("dmo", "demo"),
        ("train@ravdess-hybird", "ravdess-hybrid"),
        ("ijrasset", "it may be|did you"),
    ],
)
def test_a_wrong_name_leads_to_the_nearest(target: str, nearest: str) -> None:
    with pytest.raises(ConfigError, match=nearest):
        Graph(ROOT).address(target)


def test_a_recipe_without_a_network_has_no_training() -> None:
    stages = Graph(ROOT).stages
    assert "features@svm-linear" in stages
    assert "train@svm-linear" not in stages
    assert "features@demo" not in stages
