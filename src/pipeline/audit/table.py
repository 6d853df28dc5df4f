"""The published figures, the same models here, and the same with no speaker on both sides.

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
from pipeline.audit.figures import SIDES, Published, Row
from pipeline.audit.settings import AuditSettings
from pipeline.core.errors import ReportError
from pipeline.core.layout import Layout
from pipeline.core.storage import write_json
from pipeline.evaluation import intervals
from pipeline.evaluation.files import DIGITS, rounded
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.results import REFERENCE
from pipeline.reports.pages import write_page
from pipeline.reports.stored import StoredResults, interval
from pipeline.training import provenance

REPRODUCED: Final = "reproduced"
LEAKY: Final = "reproduced only with leakage"
NOT: Final = "not reproduced"
WAITING: Final = "not yet run"

Figures = dict[str, Any]


def table(published: Published, audit: AuditSettings, root: Path = Path()) -> Figures:
    """Everything that the page shows.

    Args:
        published: what others published.
        audit: what the studies put side by side.
        root: of the repository.

    Returns:
        ``rows``: each published figure with ours; ``verdicts``: how many of each;
        ``ladder`` and ``matrix``: steps and cells, with nothing where a recipe has no figures.

    Raises:
        ReportError: nothing was published.
    """
    if not published.papers:
        raise ReportError(f"{root / 'papers'}: no papers; run from the repository's root")
    stored = StoredResults(root)
    rows = [_row(row, stored) for row in published.rows]
    counts = {
        word: sum(row["verdict"] == word for row in rows)
        for word in (REPRODUCED, LEAKY, NOT, WAITING)
    }
    return {
        "rows": rows,
        "verdicts": counts,
        "ladder": _ladder(audit, stored),
        "matrix": _matrix(audit, stored),
    }


def verdict(published: float, own: Interval | None, honest: Interval | None) -> str:
    """What a published figure is worth; fractions.

    Args:
        published: the figure.
        own: ours under the paper's own protocol.
        honest: ours with no speaker on both sides.

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


def write(found: Figures, root: Path = Path()) -> Path:
    """Write ``published.json``, ``published.md`` and ``published.html``.

    Args:
        found: what ``table`` found.
        root: of the repository.

    Returns:
        The page.
    """
    folder = Layout(root).reports
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
        "older": any(not item["run_with_this_code"] for item in shown_figures(found)),
    }
    for form in ("md", "html"):
        path = folder / f"published.{form}"
        write_page(path, path.name, **shown)
    return path


def shown_figures(found: Figures) -> list[Figures]:
    """Everything of a table that has a figure and says whether this code made it."""
    sides = [row[side] for row in found["rows"] for side in ("recipe", "honest") if row[side]]
    return [*sides, *(item for name in ("ladder", "matrix") for item in found[name] if item["uar"])]


def _row(row: Row, stored: StoredResults) -> Figures:
    figure = row.figure
    sides = {
        side: _side(recipe, figure.head, stored) if stored.has(recipe, figure.head) else None
        for side, recipe in figure.recipes.items()
    }
    own, honest = (_accuracy(sides.get(side)) for side in ("recipe", "honest"))
    value = round(figure.acc / 100, DIGITS)
    return {
        "row": row.name,
        "paper": row.folder,
        "title": row.paper.title,
        "stated": row.paper.stated,
        "differs": row.paper.differs,
        "network": figure.network,
        "emotions": figure.emotions,
        "head": figure.head,
        "published": value,
        "verdict": verdict(value, own, honest),
        **{side: sides.get(side) for side in SIDES},
        "command": f"make reproduce RECIPE={figure.recipe}" if figure.recipe else None,
        # Beside a split that leaks nothing else, or the other leak would be counted too.
        "sharing": _gap(
            sides.get("random" if figure.random else "recipe"), sides.get("honest"), stored
        ),
        "augmenting": _change(sides.get("recipe"), sides.get("random")),
    }


def _side(recipe: str, head: str, stored: StoredResults) -> Figures:
    found = stored.metrics(recipe)
    trained = provenance.read(recipe, Layout(stored.root).recipe_reports) or {}
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
        "device": trained.get("device"),
        "seconds": trained.get("seconds"),
        "run_with_this_code": stored.current(recipe),
    }


def _accuracy(side: Figures | None) -> Interval | None:
    return interval(side["accuracy"]) if side else None


def _reaches(own: Interval, published: float) -> bool:
    top = own.high if own.high == own.high else own.mean
    return top >= published


def _gap(leaky: Figures | None, honest: Figures | None, stored: StoredResults) -> Figures | None:
    """What sharing speakers adds to the accuracy: paired where the same clips were tested."""
    if not leaky or not honest:
        return None
    sides = [(side["recipe"], side["head"]) for side in (leaky, honest)]
    return stored.gap(sides[0], sides[1], "accuracy") or _change(leaky, honest)


def _change(one: Figures | None, other: Figures | None) -> Figures | None:
    """The difference of two figures on different clips, which has no interval of its own."""
    if not one or not other:
        return None
    gap = one["accuracy"]["mean"] - other["accuracy"]["mean"]
    return {"mean": round(gap, DIGITS), "low": None, "high": None}


def _ladder(audit: AuditSettings, stored: StoredResults) -> list[Figures]:
    steps = []
    for model, ladder in audit.ladder.items():
        for step, recipe in ladder.steps.items():
            found = stored.metrics(recipe) if stored.has(recipe, ladder.head) else None
            steps.append(
                {
                    "model": model,
                    "step": step,
                    "recipe": recipe,
                    "head": ladder.head,
                    "emotions": found["emotions"] if found else None,
                    "uar": found["heads"][ladder.head]["uar"] if found else None,
                    "run_with_this_code": stored.current(recipe),
                }
            )
    return steps


def _matrix(audit: AuditSettings, stored: StoredResults) -> list[Figures]:
    cells = []
    for emotions, recipes in audit.matrix.items():
        for trained, recipe in recipes.items():
            row = {"emotions": int(emotions), "trained": trained, "recipe": recipe}
            row["run_with_this_code"] = stored.current(recipe)
            if not stored.has(recipe, REFERENCE):
                cells.append({**row, "tested": None, "uar": None, "clips": 0})
                continue
            counts = stored.counts(recipe, REFERENCE)
            for tested in dict.fromkeys(counts.corpora):
                part = counts.of_corpus(tested)
                uar = rounded(intervals.bootstrap_confusions(part.confusions))
                clips = round(part.confusions.sum())
                cells.append({**row, "tested": tested, "uar": uar, "clips": clips})
    return cells


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
