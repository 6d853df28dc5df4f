"""Recipes cooked once for all tests of reports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from ruamel.yaml import YAML

from pipeline.config.base import load
from pipeline.config.recipes import RecipeSettings
from pipeline.evaluation import evaluate, outputs
from pipeline.evaluation.evaluate import Evaluation
from pipeline.evaluation.outputs import Cooked
from stages import evaluate as evaluate_stage
from tests.reports.examples import Kitchen

Evaluate = Callable[[Kitchen], Evaluation]

PUBLISHED: Final = """
papers:
  paper:
    title: A paper
    corpora: [toy]
    stated: no word on speakers
    figures:
      - {row: low, network: cnn, emotions: 4, acc: 10.0, recipe: leaky, honest: honest}
      - {row: high, network: cnn, emotions: 4, acc: 100.0, recipe: leaky, honest: honest}
      - {row: other, network: cnn, emotions: 4, acc: 90.0, recipe: unknown, honest: honest}
honest:
  protocol: folds of speakers
  recipe: [honest]
  figures: []
"""
"""A paper with two figures that can be held against recipes, and one that cannot."""


def read(kitchen: Kitchen) -> Cooked:
    """The recipe's files, as the stage reads them."""
    root, name = kitchen.root, kitchen.recipe
    settings = load(RecipeSettings, "recipes", name, path=root / "params.yaml")
    return outputs.read(
        name, settings.title, settings.dataset, settings.view, settings.emotions, root
    )


@pytest.fixture
def kitchen(tmp_path: Path) -> Kitchen:
    """An honest recipe of four emotions, six speakers and two seeds, ready to be scored."""
    ready = Kitchen(tmp_path)
    ready.cook()
    return ready


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Kitchen:
    """The same, shared by tests that only look at it."""
    ready = Kitchen(tmp_path_factory.mktemp("toy"))
    ready.cook()
    return ready


@pytest.fixture(scope="session")
def found(toy: Kitchen) -> Evaluation:
    """Its figures."""
    return evaluate.evaluate(read(toy))


@pytest.fixture(scope="session")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """A leaky recipe of one seed, of people's voices, in which nothing was validated."""
    ready = Kitchen(
        tmp_path_factory.mktemp("leaky"), corpus="lab", leaks=True, seeds=1, validated=False
    )
    ready.cook()
    return evaluate.evaluate(read(ready))


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with an honest and a leaky recipe of the same clips, evaluated.

    A third is not; a ladder of three steps and a matrix of one cell lay them side by side.
    """
    root = tmp_path_factory.mktemp("repository")
    Kitchen(root, "honest", seeds=1).cook()
    Kitchen(root, "leaky", seeds=1, leaks=True, validated=False).cook()
    Kitchen(root, "raw").cook()
    (root / "published.yaml").write_text(PUBLISHED)
    yaml = YAML(typ="safe")
    data = yaml.load((root / "params.yaml").read_text())
    steps = {"random": "leaky", "speaker": "honest", "corpus": "unknown"}
    matrix = {"4": {"lab": "honest"}}
    data["audits"] = {"ladder": {"net": {"head": "softmax", "steps": steps}}, "matrix": matrix}
    yaml.dump(data, root / "params.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for recipe in ("honest", "leaky"):
            evaluate_stage.cook(recipe)
    return root
