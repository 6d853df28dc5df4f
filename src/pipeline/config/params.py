"""The whole of params.yaml, and the check that names in one section exist in another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from pipeline.audit.settings import AuditSettings
from pipeline.config.base import PARAMS, Settings, parse, read_params, unknown
from pipeline.config.corpora import CorpusSettings, DatasetSettings, DownloadSettings, IndexSettings
from pipeline.config.heads import HeadSettings
from pipeline.config.initial_weights import RecipeStart, StartSettings
from pipeline.config.networks import NetworkSettings, families, family, settings
from pipeline.config.protocols import ProtocolSettings
from pipeline.config.recipes import RecipeSettings
from pipeline.config.trainings import TrainingSettings
from pipeline.config.views import ViewSettings
from pipeline.core.errors import ConfigError

if TYPE_CHECKING:
    AnyNetwork = NetworkSettings
else:
    AnyNetwork = Annotated[
        reduce(or_, [settings(kind) for kind in families()]), Field(discriminator="kind")
    ]


class Params(Settings):
    """Every section, as its type."""

    download: DownloadSettings
    corpora: dict[str, CorpusSettings]
    datasets: dict[str, DatasetSettings]
    index: IndexSettings
    views: dict[str, ViewSettings]
    protocols: dict[str, ProtocolSettings]
    networks: dict[str, AnyNetwork]
    starts: dict[str, StartSettings]
    trainings: dict[str, TrainingSettings]
    heads: dict[str, HeadSettings]
    recipes: dict[str, RecipeSettings]
    audits: AuditSettings


def read(path: Path = PARAMS) -> Params:
    """Read and check the whole file.

    Raises:
        ConfigError: a key is unknown or of the wrong type, or a name leads nowhere.
    """
    params = parse(Params, read_params(path), source=path)
    try:
        _check_names(params)
        _check_audits(params)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return params


def resolve(params: Params, recipe: str) -> dict[str, Any]:
    """A recipe with everything that its names lead to.

    Raises:
        ConfigError: there is no such recipe.
    """
    if recipe not in params.recipes:
        raise ConfigError(unknown(recipe, params.recipes, "recipes"))
    chosen = params.recipes[recipe]
    dataset = params.datasets[chosen.dataset]
    return {
        "recipe": recipe,
        **chosen.model_dump(mode="json"),
        "dataset": {"name": chosen.dataset, **dataset.model_dump(mode="json")},
        "corpora": {name: params.corpora[name].model_dump(mode="json") for name in dataset.corpora},
        "view": {"name": chosen.view, **params.views[chosen.view].model_dump(mode="json")},
        "protocol": {
            "name": chosen.protocol,
            **params.protocols[chosen.protocol].model_dump(mode="json"),
        },
        "network": {
            "name": chosen.network,
            **params.networks[chosen.network].model_dump(mode="json"),
        },
        "start": {
            "name": chosen.start,
            **params.starts[chosen.start].model_dump(mode="json"),
        },
        "training": {
            "name": chosen.training,
            **params.trainings[chosen.training].model_dump(mode="json"),
        },
        "heads": {name: params.heads[name].model_dump(mode="json") for name in chosen.heads},
        "index": params.index.model_dump(mode="json"),
    }


def _check_names(params: Params) -> None:
    for name, dataset in params.datasets.items():
        _all_known(dataset.corpora, params.corpora, f"datasets.{name}.corpora")
    for name, view in params.views.items():
        _all_known([view.dataset], params.datasets, f"views.{name}.dataset")
    for name, start in params.starts.items():
        if isinstance(start, RecipeStart):
            _all_known([start.recipe], params.recipes, f"starts.{name}.recipe")
            _same(start.source, f"models/networks/{start.recipe}", f"starts.{name}.source")
    for name, recipe in params.recipes.items():
        _all_known([recipe.dataset], params.datasets, f"recipes.{name}.dataset")
        _all_known([recipe.view], params.views, f"recipes.{name}.view")
        _all_known([recipe.protocol], params.protocols, f"recipes.{name}.protocol")
        _all_known([recipe.network], params.networks, f"recipes.{name}.network")
        _all_known([recipe.start], params.starts, f"recipes.{name}.start")
        _all_known([recipe.training], params.trainings, f"recipes.{name}.training")
        _all_known(recipe.heads, params.heads, f"recipes.{name}.heads")
        kind = params.networks[recipe.network].kind
        _same(recipe.family, family(kind), f"recipes.{name}.family")
        seen = params.views[recipe.view].dataset
        if seen != recipe.dataset:
            raise ConfigError(
                f"recipes.{name}.view: {recipe.view!r} is a view of {seen!r}, "
                f"but the recipe's dataset is {recipe.dataset!r}"
            )


def _check_audits(params: Params) -> None:
    for name, rungs in params.audits.ladder.items():
        _all_known(rungs.steps.values(), params.recipes, f"audits.ladder.{name}")
        for step, recipe in rungs.steps.items():
            heads = dict.fromkeys(params.recipes[recipe].heads)
            _all_known([rungs.head], heads, f"audits.ladder.{name}.{step}: heads of {recipe}")
    for name, recipes in params.audits.matrix.items():
        _all_known(recipes.values(), params.recipes, f"audits.matrix.{name}")


def _same(given: str, wanted: str, where: str) -> None:
    if given != wanted:
        raise ConfigError(f"{where}: {given!r} should be {wanted!r}")


def _all_known(names: Iterable[str], known: Mapping[str, Any], where: str) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(unknown(name, known, where))
