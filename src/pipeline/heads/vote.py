"""The mean of other heads' probabilities; nothing is fitted."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from pipeline.heads.settings import HeadSettings


class VoteSettings(HeadSettings):
    """Settings of a vote.

    Attributes:
        members: names of heads in the same set; none of them a vote.
        weights: how much each counts.
    """

    kind: Literal["vote"]
    members: Annotated[tuple[str, ...], Field(min_length=2)]
    weights: Literal["equal"]

    @field_validator("members")
    @classmethod
    def _once_each(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is named twice")
        return names


SETTINGS: Final = VoteSettings
