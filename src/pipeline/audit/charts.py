"""Figures of the audit: published against measured, and the ladder of leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from pipeline.reports.charts import Drawing, Frame
from pipeline.reports.pages import percent

WIDE: Final = 900


def against_published(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """A line per published figure: theirs, ours under their protocol, ours with speakers apart.

    Args:
        rows: row, published, recipe and honest, the last two with their ``accuracy`` or none.
    """
    step, left = 20.0, 150.0
    frame = Frame(left, 22, WIDE - left - 20, step * len(rows))
    words = f"Accuracy of {len(rows)} published figures and of the same models here"
    drawing = Drawing(WIDE, frame.top + frame.height + 38, words)
    frame.grid(drawing, (0, 0.25, 0.5, 0.75, 1), ())
    for place, row in enumerate(rows):
        y = frame.top + step * (place + 0.5)
        drawing.text(left - 10, y + 4, row["row"], "end")
        for side, kind, name in (
            ("honest", "own", "speakers apart"),
            ("recipe", "own leaky", "their protocol"),
        ):
            if row[side]:
                _whisker(drawing, frame, y, row[side]["accuracy"], kind, f"{row['row']}, {name}")
        x, _ = frame.at(row["published"], 0)
        drawing.add(
            "path",
            tip=f"{row['row']}, published: {_percent(row['published'])}",
            d=f"M{x:.2f} {y - 6:.2f}V{y + 6:.2f}",
            class_="theirs",
        )
    middle = left + frame.width / 2
    drawing.text(middle, frame.top + frame.height + 33, "accuracy, %", "middle")
    return drawing.markup()


def ladder(steps: Sequence[Mapping[str, Any]]) -> Markup:
    """UAR of each model at each step, the leakiest on the left; a model's class is its place.

    Args:
        steps: model, step and ``uar`` or none.
    """
    names = list(dict.fromkeys(step["step"] for step in steps))
    models = list(dict.fromkeys(step["model"] for step in steps))
    frame = Frame(46, 18, WIDE - 66, 260, (-0.5, len(names) - 0.5))
    words = f"UAR of {', '.join(models)} from {names[0]} to {names[-1]}"
    drawing = Drawing(WIDE, frame.top + frame.height + 30, words)
    frame.grid(drawing, (), (0, 0.25, 0.5, 0.75, 1))
    for place, name in enumerate(names):
        x, _ = frame.at(place, 0)
        drawing.text(x, frame.top + frame.height + 20, name.replace("-", " "), "middle")
    for number, model in enumerate(models):
        nudge = 0.09 * (number - (len(models) - 1) / 2)
        points = []
        for step in steps:
            if step["model"] == model and step["uar"]:
                uar = step["uar"]
                x, y = frame.at(names.index(step["step"]) + nudge, uar["mean"])
                points.append((x, y))
                if uar["low"] is not None:
                    drawing.line(
                        x, frame.at(0, uar["low"])[1], x, frame.at(0, uar["high"])[1],
                        f"whisker m-{number}",
                    )  # fmt: skip
                tip = f"{model}, {step['step']}: {_percent(uar['mean'])}"
                drawing.add("circle", tip=tip, cx=x, cy=y, r=4.5, class_=f"dot m-{number}")
        if len(points) > 1:
            drawing.path(points, f"rung m-{number}")
    return drawing.markup()


def _whisker(
    drawing: Drawing, frame: Frame, y: float, figure: Mapping[str, Any], kind: str, name: str
) -> None:
    x, _ = frame.at(figure["mean"], 0)
    if figure["low"] is not None:
        low, high = frame.at(figure["low"], 0)[0], frame.at(figure["high"], 0)[0]
        drawing.line(low, y, high, y, f"whisker {kind}")
    drawing.add("circle", tip=f"{name}: {_percent(figure['mean'])}", cx=x, cy=y, r=4.5, class_=kind)


def _percent(fraction: float) -> str:
    return f"{percent(fraction)} %"
