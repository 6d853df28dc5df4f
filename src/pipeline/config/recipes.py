"""Settings of recipes: which dataset, view and emotions a row of a paper uses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.config.base import Settings

Emotion = Literal["neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise"]


class RecipeSettings(Settings):
    """A row of a paper, or one of your own.

    Attributes:
        title: what it is, for people.
        dataset: name in the section ``datasets``.
        view: name in the section ``views``; a view of the same dataset.
        emotions: the classes, in the order that reports show them.
        protocol: name in the section ``protocols``: who trains and who is tested.
    """

    title: str
    dataset: str
    view: str
    emotions: Annotated[tuple[Emotion, ...], Field(min_length=2)]
    protocol: str

    @field_validator("emotions")
    @classmethod
    def _once_each(cls, emotions: tuple[Emotion, ...]) -> tuple[Emotion, ...]:
        for emotion in emotions:
            if emotions.count(emotion) > 1:
                raise ValueError(f"{emotion!r} is named twice")
        return emotions
