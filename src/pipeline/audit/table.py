"""The published figures, what they come to here, and what is left of them with speakers apart.

The verdict follows one rule, and sees nothing but three numbers: a published figure is
*reached* where the upper end of our 95 % interval is not below it. Reached with no speaker
on both sides, it is reproduced; reached under the paper's own protocol alone, it is
reproduced only with leakage; otherwise it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.audit import charts
from pipeline.audit.figures import Paper, Published, Row
from pipeline.audit.settings import AuditSettings
from pipeline.core.storage import write_json
from pipeline.evaluation import metrics
from pipeline.evaluation.evaluate import DIGITS, rounded
from pipeline.evaluation.metrics import Interval
from pipeline.evaluation.results import REFERENCE, REPORTS
from pipeline.reports.pages import write_page
from pipeline.reports.stored import OUT, Shelf, interval
from pipeline.training import provenance

REPRODUCED: Final = "reproduced"
LEAKY: Final = "reproduced only with leakage"
NOT: Final = "not reproduced"
WAITING: Final = "not yet run"
SIDES: Final = ("recipe", "random", "honest")
"""The recipes of a row, the leakiest first."""

Figures = dict[str, Any]


def table(published: Published, audit: AuditSettings, reports: Path = REPORTS) -> Figures:
    """Everything that the page shows.

    Returns:
        ``rows``: each published figure with ours; ``verdicts``: how many of each;
        ``ladder`` and ``matrix``: steps and cells, with nothing where a recipe is not cooked.
    """
    shelf = Shelf(reports)
    rows = [_row(name, paper, row, shelf) for name, paper, row in published.rows()]
    counts = {
        word: sum(row["verdict"] == word for row in rows)
        for word in (REPRODUCED, LEAKY, NOT, WAITING)
    }
    return {
        "rows": rows,
        "verdicts": counts,
        "ladder": _ladder(audit, shelf),
        "matrix": _matrix(audit, shelf),
    }


def verdict(published: float, own: Interval | None, honest: Interval | None) -> str:
    """What a published figure is worth; fractions.

    Example:
        >>> own, honest = Interval(0.9, 0.85, 0.95), Interval(0.5, 0.45, 0.55)
        >>> verdict(0.94, own, honest), verdict(0.98, own, honest), verdict(0.5, own, honest)
        ('reproduced only with leakage', 'not reproduced', 'reproduced')
        >>> verdict(0.94, None, honest)
        'not yet run'
    """
    if own is None or honest is None:
        return WAITING
    if _reaches(honest, published):
        return REPRODUCED
    return LEAKY if _reaches(own, published) else NOT


def write(found: Figures, folder: Path = OUT) -> None:
    """Write ``published.json``, ``published.md`` and ``published.html``."""
    write_json(folder / "published.json", found)
    papers = list(dict.fromkeys(row["paper"] for row in found["rows"]))
    shown = {
        "papers": {
            paper: [_drawn(row) for row in found["rows"] if row["paper"] == paper]
            for paper in papers
        },
        "verdicts": found["verdicts"],
        "ladder": found["ladder"],
        "matrix": found["matrix"],
        "dots": charts.against_published(found["rows"]),
        "steps": charts.ladder(found["ladder"]) if _any_step(found["ladder"]) else "",
    }
    for form in ("md", "html"):
        path = folder / f"published.{form}"
        write_page(path, path.name, **shown)


def _row(name: str, paper: Paper, row: Row, shelf: Shelf) -> Figures:
    sides = {
        side: _side(recipe, row.head, shelf) if shelf.has(recipe, row.head) else None
        for side in SIDES
        if (recipe := getattr(row, side))
    }
    own, honest = (_accuracy(sides.get(side)) for side in ("recipe", "honest"))
    value = round(row.acc / 100, DIGITS)
    return {
        "row": row.row,
        "paper": name,
        "title": paper.title,
        "stated": paper.stated,
        "differs": paper.differs,
        "network": row.network,
        "emotions": row.emotions,
        "head": row.head,
        "published": value,
        "verdict": verdict(value, own, honest),
        **{side: sides.get(side) for side in SIDES},
        "command": f"make reproduce RECIPE={row.recipe}" if row.recipe else None,
        # Beside a split that leaks nothing else, or the other leak would be counted too.
        "sharing": _gap(
            sides.get("random" if row.random else "recipe"), sides.get("honest"), shelf
        ),
        "augmenting": _change(sides.get("recipe"), sides.get("random")),
    }


def _side(recipe: str, head: str, shelf: Shelf) -> Figures:
    found = shelf.metrics(recipe)
    told = provenance.read(recipe, shelf.reports) or {}
    return {
        "recipe": recipe,
        "head": head,
        "label": found["label"],
        "leaks": found["leaks"],
        "protocol": found["protocol"],
        "dataset": found["dataset"],
        "folds": found["folds"],
        "seeds": found["seeds"],
        "clips": found["clips"],
        "speakers": found["speakers"],
        "accuracy": found["heads"][head]["accuracy"],
        "uar": found["heads"][head]["uar"],
        "device": told.get("device"),
        "seconds": told.get("seconds"),
    }


def _accuracy(side: Figures | None) -> Interval | None:
    return interval(side["accuracy"]) if side else None


def _reaches(own: Interval, published: float) -> bool:
    top = own.high if own.high == own.high else own.mean
    return top >= published


def _gap(leaky: Figures | None, honest: Figures | None, shelf: Shelf) -> Figures | None:
    """What sharing speakers adds to the accuracy: paired where the same clips were tested."""
    if not leaky or not honest:
        return None
    sides = [(side["recipe"], side["head"]) for side in (leaky, honest)]
    return shelf.gap(sides[0], sides[1], "accuracy") or _change(leaky, honest)


def _change(one: Figures | None, other: Figures | None) -> Figures | None:
    """The difference of two figures on different clips, which has no interval of its own."""
    if not one or not other:
        return None
    gap = one["accuracy"]["mean"] - other["accuracy"]["mean"]
    return {"mean": round(gap, DIGITS), "low": None, "high": None}


def _ladder(audit: AuditSettings, shelf: Shelf) -> list[Figures]:
    steps = []
    for model, rungs in audit.ladder.items():
        for step, recipe in rungs.steps.items():
            found = shelf.metrics(recipe) if shelf.has(recipe, rungs.head) else None
            steps.append(
                {
                    "model": model,
                    "step": step,
                    "recipe": recipe,
                    "head": rungs.head,
                    "emotions": found["emotions"] if found else None,
                    "uar": found["heads"][rungs.head]["uar"] if found else None,
                }
            )
    return steps


def _matrix(audit: AuditSettings, shelf: Shelf) -> list[Figures]:
    cells = []
    for emotions, recipes in audit.matrix.items():
        for trained, recipe in recipes.items():
            if not shelf.has(recipe, REFERENCE):
                cells.append(_cell(emotions, trained, None, recipe, None, 0))
                continue
            answers = shelf.answers(recipe, REFERENCE)
            for tested in dict.fromkeys(answers.corpora):
                part = answers.of_corpus(tested)
                uar = rounded(metrics.bootstrap_confusions(part.confusions))
                clips = round(part.confusions.sum())
                cells.append(_cell(emotions, trained, tested, recipe, uar, clips))
    return cells


def _cell(
    emotions: str, trained: str, tested: str | None, recipe: str, uar: Figures | None, clips: int
) -> Figures:
    return {
        "emotions": int(emotions),
        "trained": trained,
        "tested": tested,
        "recipe": recipe,
        "uar": uar,
        "clips": clips,
    }


def _any_step(ladder: Sequence[Figures]) -> bool:
    return any(step["uar"] for step in ladder)


def _drawn(row: Figures) -> Figures:
    """A row with intervals in place of their numbers."""
    sides = {
        side: {**row[side], "interval": interval(row[side]["accuracy"])} if row[side] else None
        for side in SIDES
    }
    gaps = {name: row[name] and interval(row[name]) for name in ("sharing", "augmenting")}
    return {**row, **sides, **gaps}
