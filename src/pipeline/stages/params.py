"""All parameters of a repository, checked before anything runs.

A value of the wrong type, a key that nobody knows, a name that leads nowhere: each is one
line that says which file and key, and what was probably meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pipeline.config import folders
from pipeline.config.base import PARAMS, Settings, parse, read_params, unknown
from pipeline.config.corpora import (
    CorpusSettings,
    DatasetSettings,
    DownloadSettings,
    IndexSettings,
)
from pipeline.config.initial_weights import InitialWeightsSettings, RecipeWeightsSettings
from pipeline.config.recipes import NetworkRecipeSettings, RecipeSettings, load_recipe
from pipeline.config.trainings import TrainingSettings
from pipeline.config.views import ViewSettings
from pipeline.core.errors import ConfigError
from pipeline.corpora.registry import check_dataset, check_emotions
from pipeline.heads.registry import load_heads
from pipeline.networks.registry import parse_network
from pipeline.splits.registry import parse_protocol

T = TypeVar("T")
FOLDER_SECTIONS: Final = frozenset(
    {*folders.RECIPE_SECTIONS, "recipes", folders.VIEWS, "paper", "figures"}
    | {"ladder", "matrix", "references"}
)
"""What the params.yaml of a paper or a study may hold."""

ROOT_SECTIONS: Final = frozenset(
    {*folders.RECIPE_SECTIONS, "recipes", folders.VIEWS}
    | {"protocols", "networks", "trainings", "heads"}
)


@dataclass(frozen=True, slots=True)
class Params:
    """Every section, as its type, by name.

    Attributes:
        download: how to fetch.
        index: what is looked for in recordings.
        corpora: by name, and so on for all that follow.
        datasets: named lists of corpora.
        views: how clips look to a model.
        initial_weights: what trainings begin from.
        protocols: who trains and who is tested.
        networks: what learns from a view.
        trainings: how networks learn.
        heads: sets of heads, each by name.
        recipes: of the main pipeline, all papers and all studies.
    """

    download: DownloadSettings
    index: IndexSettings
    corpora: dict[str, Any]
    datasets: dict[str, DatasetSettings]
    views: dict[str, Any]
    initial_weights: dict[str, Any]
    protocols: dict[str, Settings]
    networks: dict[str, Settings]
    trainings: dict[str, TrainingSettings]
    heads: dict[str, dict[str, Any]]
    recipes: dict[str, RecipeSettings]


def read(root: Path = Path()) -> Params:
    """Read and check everything.

    Raises:
        ConfigError: a key is unknown or of the wrong type, or a name leads nowhere.
    """
    _check_sections(root)
    view: Any = ViewSettings
    views = {
        name: parse(view, item, f"views.{name}", source=path)
        for name, (path, item) in folders.views(root).items()
    }
    params = Params(
        download=folders.load(DownloadSettings, "download", root=root),
        index=folders.load(IndexSettings, "index", root=root),
        corpora=folders.load(dict[str, CorpusSettings], "corpora", root=root),
        datasets=folders.load(dict[str, DatasetSettings], "datasets", root=root),
        views=views,
        initial_weights=folders.load(
            dict[str, InitialWeightsSettings], "initial_weights", root=root
        ),
        protocols=_each("protocols", parse_protocol, root),
        networks=_each("networks", parse_network, root),
        trainings=folders.load(dict[str, TrainingSettings], "trainings", root=root),
        heads={name: load_heads(name, root) for name in folders.names("heads", root)},
        recipes={name: load_recipe(name, root) for name in folders.recipes(root)},
    )
    _check_names(params, root)
    return params


def plain(params: Params) -> dict[str, Any]:
    """The whole configuration as plain data."""
    return {name: _plain(getattr(params, name)) for name in params.__dataclass_fields__}


def resolve(params: Params, recipe: str) -> dict[str, Any]:
    """A recipe as plain data, with everything that its names lead to.

    Raises:
        ConfigError: there is no such recipe.
    """
    if recipe not in params.recipes:
        raise ConfigError(unknown(recipe, params.recipes, "recipes"))
    chosen = params.recipes[recipe]
    corpora = params.datasets[chosen.dataset].corpora
    found = {
        "recipe": recipe,
        **_plain(chosen),
        "dataset": {"name": chosen.dataset, **_plain(params.datasets[chosen.dataset])},
        "corpora": {name: _plain(params.corpora[name]) for name in corpora},
        "view": {"name": chosen.view, **_plain(params.views[chosen.view])},
        "protocol": {"name": chosen.protocol, **_plain(params.protocols[chosen.protocol])},
        "heads": {"set": chosen.heads, **_plain(params.heads[chosen.heads])},
        "index": _plain(params.index),
    }
    if isinstance(chosen, NetworkRecipeSettings):
        found |= {
            "network": {"name": chosen.network, **_plain(params.networks[chosen.network])},
            "initial_weights": {
                "name": chosen.initial_weights,
                **_plain(params.initial_weights[chosen.initial_weights]),
            },
            "training": {"name": chosen.training, **_plain(params.trainings[chosen.training])},
        }
    return found


def _plain(item: Any) -> Any:
    if isinstance(item, Settings):
        return item.model_dump(mode="json")
    if isinstance(item, Mapping):
        return {name: _plain(value) for name, value in item.items()}
    return item


def _each(section: str, parser: Callable[..., T], root: Path) -> dict[str, T]:
    path = folders.section_file(section, root)
    data = folders.load(dict[str, Any], section, root=root)
    return {name: parser(item, f"{section}.{name}", source=path) for name, item in data.items()}


def _check_sections(root: Path) -> None:
    """Stop at a section that no file of its kind has, such as a misspelt one."""
    inputs = frozenset(folders.INPUT_SECTIONS)
    allowed = {root / folders.INPUTS: inputs, root / PARAMS: ROOT_SECTIONS}
    for path in (root / folders.INPUTS, *folders.recipe_files(root)):
        known = allowed.get(path, FOLDER_SECTIONS)
        for section in read_params(path):
            if section not in known:
                raise ConfigError(f"{path}: {unknown(section, sorted(known), 'sections')}")


def _check_names(params: Params, root: Path) -> None:
    inputs = root / folders.INPUTS
    for name, dataset in params.datasets.items():
        _known(dataset.corpora, params.corpora, f"{inputs}: datasets.{name}.corpora")
        check_dataset(name, dataset, f"{inputs}: ")
    for name, (path, _) in folders.views(root).items():
        _known([params.views[name].dataset], params.datasets, f"{path}: views.{name}.dataset")
    for name, weights in params.initial_weights.items():
        if isinstance(weights, RecipeWeightsSettings):
            where = f"{inputs}: initial_weights.{name}"
            _known([weights.recipe], params.recipes, f"{where}.recipe")
            wanted = f"models/networks/{weights.recipe}"
            if weights.source != wanted:
                raise ConfigError(f"{where}.source: {weights.source!r} should be {wanted!r}")
    for name, (path, _) in folders.recipes(root).items():
        _check_recipe(params, name, f"{path}: recipes.{name}")


def _check_recipe(params: Params, name: str, where: str) -> None:
    recipe = params.recipes[name]
    sections: dict[str, Mapping[str, Any]] = {
        "dataset": params.datasets,
        "view": params.views,
        "protocol": params.protocols,
        "heads": params.heads,
    }
    if isinstance(recipe, NetworkRecipeSettings):
        sections |= {
            "network": params.networks,
            "initial_weights": params.initial_weights,
            "training": params.trainings,
        }
    for key, known in sections.items():
        _known([getattr(recipe, key)], known, f"{where}.{key}")
    seen = params.views[recipe.view].dataset
    if seen != recipe.dataset:
        raise ConfigError(
            f"{where}.view: {recipe.view!r} is a view of {seen!r}, "
            f"but the recipe's dataset is {recipe.dataset!r}"
        )
    corpora = [params.corpora[corpus] for corpus in params.datasets[recipe.dataset].corpora]
    check_emotions(recipe.emotions, corpora, f"{where}.emotions")


def _known(names: Iterable[str], known: Mapping[str, Any], where: str) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(unknown(name, known, where))
