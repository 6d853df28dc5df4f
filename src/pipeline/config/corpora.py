"""Settings of download, corpora, datasets and index."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, model_validator

from pipeline.config.base import Settings


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


class PublicCorpus(Settings):
    """A published corpus.

    Attributes:
        complete: whether a missing or extra clip, against the pinned count, stops
            the index (true) or is only written in the card (false).
    """

    kind: Literal["ravdess", "crema-d", "tess", "savee", "emodb"]
    complete: bool


class DemoCorpus(Settings):
    """The synthetic corpus; speakers are half women, half men."""

    kind: Literal["demo"]
    speakers: Annotated[int, Field(ge=2, le=98)]
    seed: Annotated[int, Field(ge=0)]


class FolderCorpus(Settings):
    """Your own recordings; see :mod:`pipeline.corpora.folder`.

    Attributes:
        name: what their clips and speakers are called by, as in ``name/clip``.
        path: the folder.
        table: CSV in that folder, or null for a folder per emotion.
        emotions: your labels translated to the product's.
    """

    kind: Literal["folder"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    path: str
    table: str | None
    emotions: dict[str, str]
    title: str
    licence: str
    citation: str
    non_commercial: bool


CorpusSettings = Annotated[PublicCorpus | DemoCorpus | FolderCorpus, Field(discriminator="kind")]


class DatasetSettings(Settings):
    """Corpora that are downloaded and indexed together.

    Attributes:
        corpora: names in the section ``corpora``.
        optional: those of them that may be absent; reports then say so.
        source: file or folder that the download is made anew for when it changes:
            the corpora's manifests, or your own recordings.
    """

    corpora: Annotated[tuple[str, ...], Field(min_length=1)]
    optional: tuple[str, ...]
    source: str

    @model_validator(mode="after")
    def _optional_is_listed(self) -> DatasetSettings:
        for name in self.optional:
            if name not in self.corpora:
                raise ValueError(f"optional corpus {name!r} is not one of its corpora")
        return self


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
