"""Recipes cooked once for all tests of reports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import cooked, evaluation
from pipeline.config.base import load
from pipeline.config.recipes import RecipeSettings
from pipeline.cooked import Cooked
from pipeline.evaluation import Evaluation
from tests.reports.kitchen import Kitchen

Evaluate = Callable[[Kitchen], Evaluation]


def read(kitchen: Kitchen) -> Cooked:
    """The recipe's files, as the stage reads them."""
    root, name = kitchen.root, kitchen.recipe
    settings = load(RecipeSettings, "recipes", name, path=root / "params.yaml")
    return cooked.read(
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
    return evaluation.evaluate(read(toy))


@pytest.fixture(scope="session")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """A leaky recipe of one seed, of people's voices, in which nothing was validated."""
    ready = Kitchen(
        tmp_path_factory.mktemp("leaky"), corpus="lab", leaks=True, seeds=1, validated=False
    )
    ready.cook()
    return evaluation.evaluate(read(ready))
