"""What others published, and which recipes stand beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field
from ruamel.yaml import YAML

from pipeline.config.base import Settings, parse
from pipeline.core.errors import ReportError

PUBLISHED: Final = Path("published.yaml")

Percent = Annotated[float, Field(ge=0, le=100)]


class Row(Settings):
    """A figure of a paper.

    Attributes:
        row: what it is called here.
        network: as the paper names it.
        image: the kind of spectrogram, where there is one.
        emotions: how many it tells apart.
        acc: its accuracy in percent.
        recipe: the same model under the paper's own protocol.
        random: the same on a random split with augmentation after it, where the paper
            augments before.
        honest: the same with no speaker on both sides.
        head: which of the recipes' heads the figure belongs to.
    """

    row: str
    network: str
    image: str | None = None
    emotions: int
    acc: Percent
    recipe: str | None = None
    random: str | None = None
    honest: str | None = None
    head: str = "softmax"


class Paper(Settings):
    """A paper with its figures.

    Attributes:
        title: of the paper.
        corpora: that it used.
        stated: all that it says of who trained and who was tested.
        differs: how our recipes differ from it, where they must.
        figures: its rows.
    """

    title: str
    corpora: tuple[str, ...]
    stated: str
    differs: str | None = None
    figures: tuple[Row, ...]


class Reference(Settings):
    """A figure measured with no speaker on both sides.

    Attributes:
        row: what was measured.
        uar: in percent.
        acc: in percent.
        source: where it is from.
    """

    row: str
    uar: Percent | None = None
    acc: Percent | None = None
    source: str


class References(Settings):
    """What recipes on one corpus can be held to.

    Attributes:
        protocol: who was tested.
        recipe: the recipes that they stand beside.
        figures: the references.
    """

    protocol: str
    recipe: tuple[str, ...]
    figures: tuple[Reference, ...]


class Published(Settings):
    """The whole file."""

    papers: dict[str, Paper]
    honest: References

    def rows(self) -> list[tuple[str, Paper, Row]]:
        """Every figure with its paper's name and its paper."""
        return [(name, paper, row) for name, paper in self.papers.items() for row in paper.figures]


def read_published(path: Path = PUBLISHED) -> Published:
    """Read and check the file.

    Raises:
        ReportError: it is not there.
        ConfigError: a key is unknown or of the wrong type.
    """
    if not path.is_file():
        raise ReportError(f"{path}: no such file; run from the repository's root")
    data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return parse(Published, data, source=path)
