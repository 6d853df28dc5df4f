"""Settings of recipes: what a row of a paper is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from pipeline.config import folders
from pipeline.config.base import Settings, parse, read_params, unknown
from pipeline.core.errors import ConfigError

Emotion = Annotated[str, Field(pattern=r"^[a-z][a-z-]*$")]
"""A name in lower case; which there are is said by the dataset's corpora."""


class PlainEmbeddings(Settings):
    """Each clip once, as the network sees it; training clips are ones it has memorised."""

    kind: Literal["plain"]


class AugmentedEmbeddings(Settings):
    """Training clips also as copies, changed by the training's own augmentation.

    Attributes:
        copies: of each training clip.
    """

    kind: Literal["augmented"]
    copies: Annotated[int, Field(ge=1, le=64)]


class OutOfFoldEmbeddings(Settings):
    """Training clips as seen by networks that never learned from them.

    Attributes:
        parts: the training clips are dealt to so many parts, speakers together where
            the protocol keeps speakers apart; for each part one more network learns
            from the others.
    """

    kind: Literal["out-of-fold"]
    parts: Annotated[int, Field(ge=2, le=10)]


EmbeddingSettings = Annotated[
    PlainEmbeddings | AugmentedEmbeddings | OutOfFoldEmbeddings, Field(discriminator="kind")
]


class RecipeSettings(Settings):
    """A row of a paper, or one of your own, whose heads learn from a view of numbers.

    It has no network, and its only seed is 0.

    Attributes:
        title: what it is, in a few words.
        dataset: name in the section ``datasets``.
        view: name in the section ``views``; a view of the same dataset.
        emotions: the classes, in the order that reports show them.
        protocol: name in the section ``protocols``: who trains and who is tested.
        heads: name of a set in the section ``heads``.
    """

    title: str
    dataset: str
    view: str
    emotions: Annotated[tuple[Emotion, ...], Field(min_length=2)]
    protocol: str
    heads: str

    @field_validator("emotions", "seeds", check_fields=False)
    @classmethod
    def _once_each(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        for value in values:
            if values.count(value) > 1:
                raise ValueError(f"{value!r} is named twice")
        return values


class NetworkRecipeSettings(RecipeSettings):
    """A row of a paper, or one of your own, whose heads learn from a network's embeddings.

    Attributes:
        network: name in the section ``networks``.
        initial_weights: name in the section ``initial_weights``: what the network begins from.
        training: name in the section ``trainings``: how the network learns.
        seeds: each fold is trained once per seed.
        embeddings: what heads learn from.
    """

    network: str
    initial_weights: str
    training: str
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    embeddings: EmbeddingSettings


SECTIONS: Final[dict[str, type[RecipeSettings]]] = {
    "recipes_with_network": NetworkRecipeSettings,
    "recipes_without_network": RecipeSettings,
}
"""The type of the recipes in each section."""


def load_recipe(name: str, root: Path = Path()) -> RecipeSettings:
    """A recipe of any params file of the repository.

    Args:
        name: of the recipe.
        root: of the repository.

    Raises:
        ConfigError: there is no such recipe, or it is not valid.
    """
    known = folders.recipes(root)
    if name not in known:
        raise ConfigError(unknown(name, known, "recipes"))
    path, data = known[name]
    sections = read_params(path)
    section = next(key for key in SECTIONS if name in map(str, sections.get(key) or {}))
    return parse(SECTIONS[section], data, f"{section}.{name}", source=path)


def load_network_recipe(name: str, root: Path = Path()) -> NetworkRecipeSettings:
    """A recipe that has a network.

    Raises:
        ConfigError: there is no such recipe, it is not valid, or it has no network.
    """
    settings = load_recipe(name, root)
    if not isinstance(settings, NetworkRecipeSettings):
        raise ConfigError(f"recipes: {name!r} has no network; its heads learn from its view")
    return settings
