"""Recipes evaluated once for all tests of reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from pipeline.audit.beside import beside
from pipeline.config.yaml12 import read_yaml
from pipeline.evaluation import evaluate, outputs
from pipeline.evaluation import recipe as evaluation
from pipeline.evaluation.evaluate import Evaluation
from pipeline.evaluation.outputs import RecipeOutputs
from pipeline.reports import recipe as page
from tests.reports.examples import ExampleRecipe

PAPER: Final[dict[str, Any]] = {
    "paper": {"title": "A paper", "corpora": ["toy"], "stated": "no word on speakers"},
    "figures": {
        "low": {
            "network": "cnn",
            "emotions": 4,
            "acc": 10.0,
            "recipe": "leaky",
            "honest": "honest",
        },
        "high": {
            "network": "cnn",
            "emotions": 4,
            "acc": 100.0,
            "recipe": "leaky",
            "honest": "honest",
        },
        "other": {
            "network": "cnn",
            "emotions": 4,
            "acc": 90.0,
            "recipe": "raw",
            "honest": "honest",
        },
    },
}
"""A paper with two figures that stand beside recipes, and one whose recipe is not evaluated."""

STUDIES: Final[dict[str, dict[str, Any]]] = {
    "best": {"references": {"protocol": "folds of speakers", "recipe": ["honest"], "figures": []}},
    "ladder": {
        "ladder": {
            "net": {
                "head": "softmax",
                "steps": {"random": "leaky", "speaker": "honest", "corpus": "raw"},
            }
        }
    },
    "corpora": {"matrix": {"4": {"lab": "honest"}}},
}


def read(example: ExampleRecipe) -> RecipeOutputs:
    """The recipe's files, as the stage reads them."""
    return outputs.read(example.recipe, example.root)


def make(recipe: str, root: Path) -> Evaluation:
    """The recipe's figures and its page, as the stage writes them."""
    found = evaluation.make(recipe, root)
    page.make(found, root, beside(found, root))
    return found


def write_params(path: Path, data: Any) -> None:
    """Write a params.yaml."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def change_params(path: Path, *keys: str, value: Any) -> None:
    """Change one value of a params.yaml."""
    data = read_yaml(path)
    inner = data
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    write_params(path, data)


@pytest.fixture
def example(tmp_path: Path) -> ExampleRecipe:
    """An honest recipe of four emotions, six speakers and two seeds, ready to be scored."""
    ready = ExampleRecipe(tmp_path)
    ready.write()
    return ready


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> ExampleRecipe:
    """The same, shared by tests that only look at it."""
    ready = ExampleRecipe(tmp_path_factory.mktemp("toy"))
    ready.write()
    return ready


@pytest.fixture(scope="session")
def found(toy: ExampleRecipe) -> Evaluation:
    """Its figures."""
    return evaluate.evaluate(read(toy))


@pytest.fixture(scope="session")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """A leaky recipe of one seed, of human speech, in which nothing was validated."""
    ready = ExampleRecipe(
        tmp_path_factory.mktemp("leaky"), corpus="lab", leaks=True, seeds=1, validated=False
    )
    ready.write()
    return evaluate.evaluate(read(ready))


@pytest.fixture(scope="session")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> ExampleRecipe:
    """A recipe without a network."""
    ready = ExampleRecipe(
        tmp_path_factory.mktemp("numbers"), network=False, seeds=1, validated=False
    )
    ready.write()
    return ready


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with an honest and a leaky recipe of the same clips, evaluated.

    A third is not; a paper, a ladder of three steps and a matrix of one cell put them side
    by side. Only the honest one is in the lock file.
    """
    root = tmp_path_factory.mktemp("repository")
    ExampleRecipe(root, "honest", seeds=1).write()
    ExampleRecipe(root, "leaky", seeds=1, leaks=True, validated=False).write()
    ExampleRecipe(root, "raw").write()
    write_params(root / "papers/paper/params.yaml", PAPER)
    for study, sections in STUDIES.items():
        write_params(root / "studies" / study / "params.yaml", sections)
    write_params(root / "dvc.lock", {"schema": "2.0", "stages": {"evaluate@honest": {}}})
    for recipe in ("honest", "leaky"):
        make(recipe, root)
    return root
