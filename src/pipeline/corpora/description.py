"""What is known of a corpus before it is downloaded: one YAML file a corpus.

The files lie in the folder ``known``. Each says where the corpus comes from, under which
licence, how many clips it has, and how its file names are to be read. A corpus with a
regular naming needs nothing else: put a file there and it can be used.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, field_validator, model_validator

from pipeline.config.base import Settings, nearest, parse, read_params, unknown
from pipeline.core.emotions import NAME
from pipeline.core.errors import CorpusError
from pipeline.corpora.fetch.transfer import RemoteFile

KNOWN: Final = Path(__file__).parent / "known"
"""The folder of the files."""

FIELDS: Final = ("emotion", "speaker", "sex", "age", "intensity", "statement", "repetition")
"""What a file name may say of a clip, as names of groups in a pattern."""

Column = Literal["sex", "age", "intensity", "statement", "perceived", "agreement_percent"]
"""What a table of a corpus may say of a clip or of a speaker."""


class Archive(Settings):
    """One file on a public server.

    Attributes:
        name: what it is called here.
        urls: addresses, the official one first; the next is tried when one fails.
        size: bytes, where they are known.
        checksum: ``md5:…`` or ``sha256:…``, where it is known.
    """

    name: str
    urls: Annotated[tuple[str, ...], Field(min_length=1)]
    size: int | None = None
    checksum: Annotated[str, Field(pattern=r"^((md5:[0-9a-f]{32})|(sha256:[0-9a-f]{64}))?$")] = ""

    def remote(self) -> RemoteFile:
        """The same, as the downloader wants it."""
        return RemoteFile(name=self.name, urls=self.urls, size=self.size, checksum=self.checksum)


class SingleFiles(Settings):
    """Recordings that are published one by one.

    Attributes:
        table: file beside the YAML that lists them: name, sha256 and size, one a line.
        folder: where they are put.
        urls: addresses with ``{name}`` for the name of a file.
    """

    table: str
    folder: str
    urls: Annotated[tuple[str, ...], Field(min_length=1)]


class ByHand(Settings):
    """An archive that no program may fetch.

    Attributes:
        archive: the name under which a person puts it into ``data/incoming``.
        registration: where that person gets it.
    """

    archive: str
    registration: str


class Sources(Settings):
    """Where a corpus comes from: archives, single files, or a person's own hands.

    Attributes:
        archives: zip files; one is unpacked as it is, several into a folder each.
        files: recordings that are published one by one.
        tables: small files that come beside single recordings.
        by_hand: an archive that no program may fetch.
    """

    archives: tuple[Archive, ...] = ()
    files: SingleFiles | None = None
    tables: tuple[Archive, ...] = ()
    by_hand: ByHand | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Sources:
        ways = [bool(self.archives), self.files is not None, self.by_hand is not None]
        if sum(ways) != 1:
            raise ValueError("name either archives, or files, or by_hand")
        return self


class Published(Settings):
    """What is promised of a corpus; null where nothing is.

    Attributes:
        clips: number of recordings; the index compares it.
        speakers: number of speakers.
        rate: samples a second.
    """

    clips: int | None = None
    speakers: int | None = None
    rate: int | None = None


class Speaker(Settings):
    """What is known of a speaker."""

    sex: Literal["female", "male"] | None = None
    age: int | None = None


class Grid(Settings):
    """Every clip of a corpus that was recorded by a plan.

    Attributes:
        clip: a clip's id without the corpus, with ``{name}`` for each of the values.
        values: by name, the codes that are combined in all ways.
        without: combinations that do not exist.
    """

    clip: str
    values: dict[str, tuple[str, ...]]
    without: tuple[dict[str, str], ...] = ()


class Table(Settings):
    """A CSV file of the corpus that says more of its clips or speakers.

    Attributes:
        file: its path in the corpus; with the ending ``.tsv``, columns are divided by tabs.
        key: the column that names the clip or the speaker.
        of: whether a row is of a ``speaker``, by code, or of a ``clip``, by file name.
        columns: what it says, and in which column.
        required: whether a clip without a row is set aside.
    """

    file: str
    key: str
    of: Literal["speaker", "clip"]
    columns: dict[Column, str]
    required: bool = False


class Naming(Settings):
    """How the names of a corpus's files are read.

    Attributes:
        pattern: regular expression for the end of a path without its extension, from the
            beginning of a name of a file or folder; its named groups are codes of
            ``emotion`` and ``speaker``, and may be of other fields of a clip.
        id: a clip's id without the corpus, with ``{group}`` for codes; by default the
            name of the file.
        aliases: by group, other spellings of a code.
        labels: by field, what the codes mean; a field without labels keeps its codes.
        speakers: by code, what is known of the speakers; others are set aside.
        grid: every clip of a corpus that was recorded by a plan.
        tables: files of the corpus that say more.
    """

    pattern: str
    id: str | None = None
    aliases: dict[str, dict[str, str]] = Field(default={})
    labels: dict[str, dict[str, str | int]] = Field(default={})
    speakers: dict[str, Speaker] = Field(default={})
    grid: Grid | None = None
    tables: tuple[Table, ...] = ()

    @field_validator("pattern")
    @classmethod
    def _has_groups(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"is no regular expression ({error})") from None
        for group in ("emotion", "speaker"):
            if group not in groups:
                raise ValueError(f"has no group (?P<{group}>...)")
        return pattern

    @model_validator(mode="after")
    def _labels_fit(self) -> Naming:
        if not self.labels.get("emotion"):
            raise ValueError("labels.emotion must say what the codes mean")
        for field in self.labels:
            if field not in (*FIELDS, *get_args(Column)):
                raise ValueError(f"labels.{field}: no field of a clip; {nearest(field, FIELDS)}")
        for name in self.labels["emotion"].values():
            if not NAME.fullmatch(str(name)):
                raise ValueError(f"labels.emotion: {name!r} is not written like {NAME.pattern}")
        return self

    @property
    def compiled(self) -> re.Pattern[str]:
        """The pattern for a whole path without its extension."""
        return re.compile(f"(?:.*/)?(?:{self.pattern})")


class Description(Settings):
    """All that is known of one corpus.

    Attributes:
        title: its name, as papers write it.
        homepage: where it is published.
        licence: name of the licence.
        licence_url: its text.
        non_commercial: whether commercial use is not allowed.
        synthetic: whether it is no human speech.
        citation: what to cite.
        description: what it is, in whole sentences.
        published: what is promised of it.
        sources: where it comes from; null for what is made on this machine.
        naming: how file names are read.
        naming_of: name of a known corpus that has the same naming, in its place.
    """

    title: str
    homepage: str
    licence: str
    licence_url: str
    non_commercial: bool
    synthetic: bool = False
    citation: str
    description: str
    published: Published = Published()
    sources: Sources | None = None
    naming: Naming | None = None
    naming_of: str | None = None

    def licence_notice(self) -> str:
        """What is shown before the download begins.

        Example:
            >>> print(load("ravdess").licence_notice().splitlines()[0])
            RAVDESS, speech: CC BY-NC-SA 4.0 (not for commercial use)
        """
        limit = " (not for commercial use)" if self.non_commercial else ""
        return (
            f"{self.title}: {self.licence}{limit}\n"
            f"  licence  {self.licence_url}\n"
            f"  source   {self.homepage}\n"
            f"  cite     {self.citation}"
        )

    def names(self) -> Naming:
        """How file names are read, where it is said.

        Raises:
            CorpusError: it is not said.
        """
        naming = load(self.naming_of).naming if self.naming_of else self.naming
        if naming is None:
            raise CorpusError(f"{self.title}: its YAML says nothing of file names; add 'naming:'")
        return naming

    def recordings(self) -> list[RemoteFile]:
        """The single files of a corpus that is not published as an archive."""
        files = self.sources.files if self.sources else None
        if files is None:
            return []
        lines = (KNOWN / files.table).read_text(encoding="utf-8").splitlines()[1:]
        rows = [line.split("\t") for line in lines if line]
        return [
            RemoteFile(
                name=f"{files.folder}/{name}",
                urls=tuple(url.format(name=name) for url in files.urls),
                size=int(size),
                checksum=f"sha256:{digest}",
            )
            for name, digest, size in rows
        ]


def known() -> list[str]:
    """The names of all known corpora.

    Example:
        >>> "ravdess" in known()
        True
    """
    return sorted(path.stem for path in KNOWN.glob("*.yaml"))


def load(corpus: str) -> Description:
    """What is known of a corpus.

    Raises:
        CorpusError: there is no file of that name.
        ConfigError: the file is not as it should be.

    Example:
        >>> load("ravdess").published.clips
        1440
    """
    path = KNOWN / f"{corpus}.yaml"
    if not path.is_file():
        raise CorpusError(unknown(corpus, known(), "known corpora"))
    return _read(path)


@cache
def _read(path: Path) -> Description:
    return parse(Description, read_params(path), source=path)


def read(path: Path) -> Description:
    """A description from a file that lies elsewhere, for tests and trials.

    Raises:
        ConfigError: the file is not as it should be.
    """
    kind: Any = Description
    return parse(kind, read_params(path), source=path)  # type: ignore[no-any-return]
