"""What others published, and which recipes stand beside it.

Each folder of ``papers`` has a params.yaml with ``paper``, what it is, and ``figures``, what
it claims. ``references`` of the study ``best`` are figures that were measured with no
speaker on both sides.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from pipeline.audit.known import KnownRecipes
from pipeline.config.base import PARAMS, Settings, find, parse, read_params

REFERENCES: Final = Path("studies/best") / PARAMS
SIDES: Final = ("recipe", "random", "honest")
"""The recipes of a figure, the leakiest first."""

Percent = Annotated[float, Field(ge=0, le=100)]


class FigureSettings(Settings):
    """A figure of a paper.

    Attributes:
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

    network: str
    image: str | None = None
    emotions: int
    acc: Percent
    recipe: str | None = None
    random: str | None = None
    honest: str | None = None
    head: str = "softmax"

    @property
    def recipes(self) -> dict[str, str]:
        """The recipes that there are, by their side."""
        sides = {side: getattr(self, side) for side in SIDES}
        return {side: recipe for side, recipe in sides.items() if recipe}


class PaperSettings(Settings):
    """A paper.

    Attributes:
        title: of the paper.
        corpora: that it used.
        stated: all that it says of who trained and who was tested.
        differs: how our recipes differ from it, where they must.
    """

    title: str
    corpora: tuple[str, ...]
    stated: str
    differs: str | None = None


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
    """What recipes on one corpus can be compared with.

    Attributes:
        protocol: who was tested.
        recipe: the recipes that they stand beside.
        figures: the references.
    """

    protocol: str
    recipe: tuple[str, ...]
    figures: tuple[Reference, ...]


class Paper(Settings):
    """A paper with its figures.

    Attributes:
        paper: what it is.
        figures: what it claims, by the name of a row.
    """

    paper: PaperSettings
    figures: dict[str, FigureSettings]


class Row(Settings):
    """A figure with its name and its paper.

    Attributes:
        name: of the row.
        folder: of the paper.
        paper: what it is.
        figure: what it claims.
    """

    name: str
    folder: str
    paper: PaperSettings
    figure: FigureSettings


class Published(Settings):
    """All that others published.

    Attributes:
        papers: by the name of their folder.
        references: figures with no speaker on both sides; none where the study is not there.
    """

    papers: dict[str, Paper]
    references: References | None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every figure with its paper."""
        return tuple(
            Row(name=name, folder=folder, paper=paper.paper, figure=figure)
            for folder, paper in self.papers.items()
            for name, figure in paper.figures.items()
        )


def read_published(root: Path = Path(), *, check: bool = True) -> Published:
    """Read the papers' figures and the references.

    Args:
        root: of the repository.
        check: require that the recipes and heads that they name are there.

    Raises:
        ConfigError: a key is unknown or of the wrong type, or a recipe or head is not there.
    """
    paths = {path.parent.name: path for path in sorted((root / "papers").glob(f"*/{PARAMS}"))}
    papers = {name: _paper(path) for name, path in paths.items()}
    found = Published(papers=papers, references=_references(root / REFERENCES))
    if check:
        _check(found, paths, root)
    return found


def _paper(path: Path) -> Paper:
    data = read_params(path)
    about = parse(PaperSettings, find(data, ["paper"], path), "paper", source=path)
    figures = find(data, ["figures"], path)
    return Paper(
        paper=about, figures=parse(dict[str, FigureSettings], figures, "figures", source=path)
    )


def _references(path: Path) -> References | None:
    if not path.is_file():
        return None
    return parse(References, find(read_params(path), ["references"], path), "references", path)


def _check(published: Published, paths: dict[str, Path], root: Path) -> None:
    known = KnownRecipes.read(root)
    for row in published.rows:
        where = f"{paths[row.folder]}: figures.{row.name}"
        for side, recipe in row.figure.recipes.items():
            known.require_head(recipe, row.figure.head, f"{where}.{side}", f"{where}.head")
    for recipe in published.references.recipe if published.references else ():
        known.require(recipe, f"{root / REFERENCES}: references.recipe")
