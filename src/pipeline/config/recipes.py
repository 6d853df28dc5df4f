"""Settings of recipes: what a row of a paper is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.config.base import Settings

Emotion = Literal["neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise"]


class PlainEmbeddings(Settings):
    """Each clip once, as the network sees it; training clips are ones it has memorised."""

    kind: Literal["plain"]


class AugmentedEmbeddings(Settings):
    """Training clips also as copies changed by the training's own chances.

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
    """A row of a paper, or one of your own.

    Attributes:
        title: what it is, for people.
        dataset: name in the section ``datasets``.
        view: name in the section ``views``; a view of the same dataset.
        emotions: the classes, in the order that reports show them.
        protocol: name in the section ``protocols``: who trains and who is tested.
        network: name in the section ``networks``.
        family: module of that network's kind: with its code alone the networks go stale.
        start: name in the section ``starts``: the weights that the network begins from.
        training: name in the section ``trainings``: how the network learns.
        seeds: each fold is trained once per seed.
        embeddings: what heads learn from.
        heads: names in the section ``heads``.
    """

    title: str
    dataset: str
    view: str
    emotions: Annotated[tuple[Emotion, ...], Field(min_length=2)]
    protocol: str
    network: str
    family: str
    start: str
    training: str
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    embeddings: EmbeddingSettings
    heads: Annotated[tuple[str, ...], Field(min_length=1)]

    @field_validator("emotions", "seeds", "heads")
    @classmethod
    def _once_each(cls, names: tuple[object, ...]) -> tuple[object, ...]:
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is named twice")
        return names
