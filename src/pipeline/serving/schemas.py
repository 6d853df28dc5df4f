"""The JSON of the interface."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field


class WindowAnswer(BaseModel):
    """A stretch of a recording."""

    start: float = Field(description="Seconds from the beginning.")
    end: float
    probabilities: dict[str, float]


class Answer(BaseModel):
    """The probabilities of a recording's emotions."""

    emotion: str = Field(description="The most probable.")
    confidence: float = Field(description="Its probability.")
    probabilities: dict[str, float]
    seconds: float = Field(description="Length of the recording.")
    sounding: float = Field(description="Seconds without the silence at its ends.")
    windows: list[WindowAnswer]


class Failure(BaseModel):
    """Why something could not be done, and what to do."""

    error: str
    request_id: str


class BatchItem(BaseModel):
    """One recording of a batch: an answer or an error."""

    model_config = ConfigDict(extra="forbid")

    name: str
    answer: Answer | None
    error: str | None


class Batch(BaseModel):
    """Recordings in the order they came in."""

    recordings: list[BatchItem]


class Health(BaseModel):
    """Whether the service works, and with which model."""

    status: str
    model: str
    head: str
    engine: str
    emotions: list[str]
    version: str


FAILURES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Failure, "description": description}
    for status, description in {
        400: "the request cannot be read",
        413: "more than the service takes",
        415: "a form that is not in UTF-8",
        422: "no recording that can be used",
        429: "too many recordings in a minute",
    }.items()
}
