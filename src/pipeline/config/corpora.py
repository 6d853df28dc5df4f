"""Settings of download, corpora, datasets and index."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, PositiveFloat, field_validator, model_validator

from pipeline.config.base import Settings
from pipeline.core.emotions import NAME

Emotion = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
Column = Literal["path", "emotion", "speaker", "sex", "intensity", "statement", "repetition", "age"]
"""What a table of own recordings may say of each."""


class DownloadSettings(Settings):
    """How to fetch.

    Attributes:
        mirror: folder or http(s) address holding ``<corpus>.zip``; null for the
            official servers. The environment variable ``SER_MIRROR`` wins.
        retries: attempts after the first, per file.
        timeout: seconds without a byte before an attempt is given up.
        backoff: seconds before the first retry; doubled at each.
        workers: files fetched at once, for corpora of single files.
    """

    mirror: str | None
    retries: Annotated[int, Field(ge=0, le=50)]
    timeout: PositiveFloat
    backoff: PositiveFloat
    workers: Annotated[int, Field(ge=1, le=32)]


KNOWN: Final = "src/pipeline/corpora/known"
"""The folder of descriptions of known corpora, in the repository."""


class _Described(Settings):
    """A corpus that a file of the repository describes.

    Attributes:
        source: that file, which the download stage depends on; empty where no stage runs.
    """

    source: str = ""

    @model_validator(mode="after")
    def _source_fits(self) -> Self:
        wanted = f"{KNOWN}/{getattr(self, 'corpus', 'demo')}.yaml"
        if self.source not in ("", wanted):
            raise ValueError(f"source {self.source!r} should be {wanted!r}")
        return self


class PublicCorpus(_Described):
    """A published corpus, described by a YAML file of the package.

    Attributes:
        corpus: name of that file, such as ``ravdess``.
        complete: whether a missing or extra clip, against the pinned count, stops
            the index (true) or is only written in the card (false).
    """

    kind: Literal["public"]
    corpus: str
    complete: bool


class DemoCorpus(_Described):
    """The synthetic corpus; speakers are half women, half men."""

    kind: Literal["demo"]
    speakers: Annotated[int, Field(ge=2, le=98)]
    seed: Annotated[int, Field(ge=0)]


class FolderCorpus(Settings):
    """Your own recordings; see :mod:`pipeline.corpora.folder`.

    Attributes:
        source: the folder; the download stage depends on what is in it.
        table: CSV in that folder, or null for a folder per emotion.
        columns: names of the table's columns where they are others than ours, such as
            ``{path: file_name}``; null where all are ours.
        emotions: your labels translated, such as ``Wut: angry``; a label that is not
            here keeps its own name.
    """

    kind: Literal["folder"]
    source: str
    table: str | None
    columns: dict[Column, str] | None = None
    emotions: dict[str, Emotion]
    title: str
    licence: str
    citation: str
    non_commercial: bool

    @model_validator(mode="after")
    def _columns_are_a_tables(self) -> Self:
        if self.columns and self.table is None:
            raise ValueError("columns are a table's; name the table, or set columns: null")
        return self


CorpusSettings = Annotated[PublicCorpus | DemoCorpus | FolderCorpus, Field(discriminator="kind")]


class DatasetSettings(Settings):
    """Corpora that are indexed together.

    Attributes:
        corpora: names in the section ``corpora``.
    """

    corpora: Annotated[tuple[str, ...], Field(min_length=1)]

    @field_validator("corpora")
    @classmethod
    def _once_each(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is named twice")
        return names


class IndexSettings(Settings):
    """When a clip gets a flag, and which flags leave it out of every recipe.

    Attributes:
        silent_db: peak below which a clip is ``silent``, in dB of full scale.
        short_seconds: length below which a clip is ``short``.
        clipped_run: samples in a row at full scale that make a clip ``clipped``.
        left_out: flags whose clips stay in the table and out of recipes.
    """

    silent_db: Annotated[float, Field(lt=0)]
    short_seconds: PositiveFloat
    clipped_run: Annotated[int, Field(ge=2)]
    left_out: tuple[
        Literal[
            "unreadable",
            "silent",
            "not-finite",
            "conflict",
            "short",
            "clipped",
            "duplicate",
            "rate",
            "channels",
            "depth",
            "container",
        ],
        ...,
    ]
