"""Settings of protocols: who trains and who is tested."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.config.base import Settings

Share = Annotated[float, Field(gt=0, lt=1)]


class _Protocol(Settings):
    """What all protocols share.

    Attributes:
        validation: share of the training side that is kept for validation, in
            clips, or in speakers where speakers are kept apart.
        seed: of every draw.
        first: folds that are cooked, from the first on, where all would take too long;
            null for all.
    """

    validation: Share
    seed: Annotated[int, Field(ge=0)]
    first: Annotated[int, Field(ge=1)] | None


class RandomProtocol(_Protocol):
    """Clips are dealt to folds by emotion, whoever speaks: speakers are shared."""

    kind: Literal["random"]
    folds: Annotated[int, Field(ge=2)]


class SpeakerProtocol(_Protocol):
    """Folds of speakers, balanced by sex; no speaker on both sides.

    Attributes:
        folds: how many.
        named: the speakers tested in each fold; empty to deal them out.
    """

    kind: Literal["speaker"]
    folds: Annotated[int, Field(ge=2)]
    named: tuple[tuple[str, ...], ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [name for fold in self.named for name in fold]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named: {twice[0]} is tested in two folds")
        if self.named and len(self.named) != self.folds:
            raise ValueError(f"named lists {len(self.named)} folds, but folds is {self.folds}")
        return self


class StatementProtocol(_Protocol):
    """One fold per statement, tested on what was never said in training: speakers are shared."""

    kind: Literal["statement"]


class CorpusProtocol(_Protocol):
    """Train on some corpora, test on others."""

    kind: Literal["corpus"]
    train: Annotated[tuple[str, ...], Field(min_length=1)]
    test: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        both = sorted(set(self.train) & set(self.test))
        if both:
            raise ValueError(f"{both[0]} is on both sides")
        return self


class AugmentedThenRandomProtocol(_Protocol):
    """Leaks on purpose: clips and their augmented copies are dealt out as if unrelated.

    Attributes:
        test: share that is tested.
        folds: how many draws.
    """

    kind: Literal["augmented-then-random"]
    test: Share
    folds: Annotated[int, Field(ge=1)]


ProtocolSettings = Annotated[
    RandomProtocol
    | SpeakerProtocol
    | StatementProtocol
    | CorpusProtocol
    | AugmentedThenRandomProtocol,
    Field(discriminator="kind"),
]
