"""Figures as SVG that sits in a page: its colours follow the page's, light or dark.

Drawn by hand rather than by a plotting library, so that text stays text, the same numbers
give the same bytes, and a reader's screen decides on light or dark. Colours are classes of
the style sheet: ``e-<emotion>`` for emotions, ``s-<sex>`` for sexes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd
from markupsafe import Markup, escape

WIDTH: Final = 440
NAMED: Final = 40
"""Up to so many speakers are named beside their dots; more only when pointed at."""

Attribute = str | float


@dataclass(slots=True)
class Drawing:
    """An SVG under construction.

    Attributes:
        width: of its own units, scaled to the page.
        height: likewise.
        words: what it shows, for those who cannot see it.

    Example:
        >>> drawing = Drawing(10, 5, "a dot")
        >>> drawing.add("circle", cx=2.5, cy=1 / 3, r=1, class_="dot")
        >>> print(drawing.markup())
        <svg viewBox="0 0 10 5" role="img" aria-label="a dot">
        <circle cx="2.5" cy="0.33" r="1" class="dot"/>
        </svg>
    """

    width: float
    height: float
    words: str
    parts: list[str] = field(default_factory=list)

    def add(self, tag: str, inside: str = "", tip: str = "", **attributes: Attribute) -> None:
        """Add an element with text inside, or with words for who points at it."""
        text = "".join(
            f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
            for name, value in attributes.items()
        )
        content = f"<title>{escape(tip)}</title>" if tip else str(escape(inside))
        self.parts.append(f"<{tag}{text}>{content}</{tag}>" if content else f"<{tag}{text}/>")

    def line(self, x: float, y: float, to_x: float, to_y: float, kind: str) -> None:
        """Add a straight line."""
        self.add("line", x1=x, y1=y, x2=to_x, y2=to_y, class_=kind)

    def text(self, x: float, y: float, words: str, anchor: str = "start", kind: str = "t") -> None:
        """Add words."""
        self.add("text", words, x=x, y=y, text_anchor=anchor, class_=kind)

    def path(self, points: Sequence[tuple[float, float]], kind: str, tip: str = "") -> None:
        """Add a line through points."""
        steps = "L".join(f"{_value(x)} {_value(y)}" for x, y in points)
        self.add("path", tip=tip, d=f"M{steps}", class_=kind)

    def markup(self) -> Markup:
        """The finished element."""
        head = f'<svg viewBox="0 0 {_value(self.width)} {_value(self.height)}" role="img"'
        inside = "\n".join(self.parts)
        return Markup(f'{head} aria-label="{escape(self.words)}">\n{inside}\n</svg>')


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of a drawing and the numbers at its sides.

    Attributes:
        left: of the rectangle.
        top: of it.
        width: of it.
        height: of it.
        x: the numbers at its left and right.
        y: the numbers at its bottom and top.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where numbers lie in the drawing.

        Example:
            >>> Frame(10, 0, 100, 50).at(0.5, 1.0)
            (60.0, 0.0)
        """
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def grid(self, drawing: Drawing, x: Sequence[float], y: Sequence[float]) -> None:
        """Draw lines at percentages, and name them."""
        bottom, right = self.top + self.height, self.left + self.width
        for value in x:
            place, _ = self.at(value, self.y[0])
            drawing.line(place, self.top, place, bottom, "g")
            drawing.text(place, bottom + 15, f"{100 * value:.0f}", "middle")
        for value in y:
            _, place = self.at(self.x[0], value)
            drawing.line(self.left, place, right, place, "g")
            drawing.text(self.left - 6, place + 4, f"{100 * value:.0f}", "end")


def speakers(rows: pd.DataFrame, mean: float, guessing: float) -> Markup:
    """A dot per speaker, best first: columns speaker, sex, uar, clips."""
    rows = rows.sort_values(["uar", "speaker"], ascending=[False, True], ignore_index=True)
    named = len(rows) <= NAMED
    step, left = (17.0, 112.0) if named else (8.0, 24.0)
    best, worst = rows.iloc[0], rows.iloc[-1]
    words = (
        f"UAR of {len(rows)} speakers, from {_percent(best['uar'])} ({best['speaker']}) "
        f"to {_percent(worst['uar'])} ({worst['speaker']})"
    )
    frame = Frame(left, 22, WIDTH - left - 18, step * len(rows))
    drawing = Drawing(WIDTH, frame.top + frame.height + 38, words)
    frame.grid(drawing, (0, 0.25, 0.5, 0.75, 1), ())
    bottom = frame.top + frame.height
    for value, name, kind in ((guessing, "guessing", "guessing"), (mean, "mean", "mean")):
        place, _ = frame.at(value, 0)
        drawing.line(place, frame.top - 6, place, bottom, kind)
        drawing.text(place, frame.top - 10, name, "middle", "t strong")
    start, _ = frame.at(mean, 0)
    for place, row in enumerate(rows.itertuples(index=False)):
        sex, uar, speaker = str(row.sex), float(row.uar), str(row.speaker)  # type: ignore[arg-type]
        x, y = frame.at(uar, 0)[0], frame.top + step * (place + 0.5)
        tip = f"{speaker}, {sex}: {_percent(uar)} of {row.clips} clips"
        if named:
            drawing.text(left - 10, y + 4, speaker, "end")
        drawing.line(start, y, x, y, "stem")
        _sex_mark(drawing, sex, x, y, 4.6 if named else 3.2, tip)
    drawing.text(left + frame.width / 2, bottom + 33, "UAR of the speaker, %", "middle")
    return drawing.markup()


def reliability(points: pd.DataFrame, head: str, error: float) -> Markup:
    """The share of predictions that is right against their confidence, and how many there are."""
    words = (
        f"Reliability of {head}: expected calibration error {_percent(error)}; "
        "points under the diagonal are overconfident predictions"
    )
    drawing = Drawing(WIDTH, 430, words)
    frame = Frame(44, 26, WIDTH - 60, 290)
    ticks = (0, 0.25, 0.5, 0.75, 1)
    frame.grid(drawing, ticks, ticks)
    drawing.path([frame.at(0, 0), frame.at(1, 1)], "ideal")
    rows = points[["confidence", "accuracy", "count", "low", "high"]].to_numpy().tolist()
    for confidence, right, _, _, _ in rows:
        drawing.path([frame.at(confidence, confidence), frame.at(confidence, right)], "gap")
    drawing.path([frame.at(row[0], row[1]) for row in rows], "curve")
    most = max(row[2] for row in rows)
    base, room = 408.0, 60.0
    for confidence, right, count, low, high in rows:
        x, y = frame.at(confidence, right)
        tip = f"confidence {_percent(confidence)}, {_percent(right)} right, {count:.0f} predictions"
        drawing.add("circle", tip=tip, cx=x, cy=y, r=3 + 4 * math.sqrt(count / most), class_="dot")
        from_x, to_x = frame.at(low, 0)[0], frame.at(high, 0)[0]
        tall = max(room * count / most, 1)
        box = {"x": from_x + 1, "y": base - tall, "width": to_x - from_x - 2, "height": tall}
        drawing.add("rect", tip=tip, class_="column", **box)
    drawing.line(frame.left, base, frame.left + frame.width, base, "axis")
    drawing.text(frame.left, 362, "predictions of that confidence")
    drawing.text(frame.left, 14, "% right")
    drawing.text(frame.left + frame.width / 2, 425, "confidence of the prediction, %", "middle")
    return drawing.markup()


def roc(curves: pd.DataFrame, areas: Mapping[str, float]) -> Markup:
    """One curve per emotion against all others: columns emotion, fpr, tpr."""
    best = sorted(areas, key=lambda name: -areas[name])
    text = ", ".join(f"{name} {areas[name]:.3f}" for name in best)
    drawing = Drawing(WIDTH, 430, f"ROC curves, one emotion against the rest; areas: {text}")
    frame = Frame(44, 26, WIDTH - 60, 364)
    ticks = (0, 0.25, 0.5, 0.75, 1)
    frame.grid(drawing, ticks, ticks)
    drawing.path([frame.at(0, 0), frame.at(1, 1)], "ideal")
    for emotion in reversed(best):
        rows = curves[curves["emotion"] == emotion][["fpr", "tpr"]].to_numpy().tolist()
        points = [frame.at(fpr, tpr) for fpr, tpr in rows]
        drawing.path(points, f"roc e-{emotion}", f"{emotion}: area {areas[emotion]:.3f}")
    for place, emotion in enumerate(best):
        y = frame.top + frame.height - 19 * (len(best) - place) + 2
        x = frame.left + frame.width - 150
        drawing.line(x, y, x + 20, y, f"roc e-{emotion}")
        drawing.text(x + 27, y + 4, emotion)
        drawing.text(frame.left + frame.width - 10, y + 4, f"{areas[emotion]:.3f}", "end")
    drawing.text(frame.left, 14, "true positives, %")
    drawing.text(frame.left + frame.width / 2, 425, "false positives, %", "middle")
    return drawing.markup()


def learning(curves: pd.DataFrame, highest: float, best: Sequence[int]) -> Markup:
    """Losses of one fold, a line per seed: columns seed, epoch, loss, validation_loss."""
    last = int(curves["epoch"].max())
    end = curves[curves["epoch"] == last][["loss", "validation_loss"]].mean()
    words = f"training loss falls to {end['loss']:.2f} in {last} epochs"
    validated = bool(curves["validation_loss"].notna().any())
    if validated:
        words += f", validation loss to {end['validation_loss']:.2f}"
    drawing = Drawing(220, 132, words)
    frame = Frame(26, 8, 186, 98, (1, max(last, 2)), (0, highest))
    for share in (0, 0.5, 1):
        _, y = frame.at(1, share * highest)
        drawing.line(frame.left, y, frame.left + frame.width, y, "g")
        drawing.text(frame.left - 4, y + 4, f"{share * highest:.1f}", "end")
    for epoch in best:
        x, _ = frame.at(epoch, 0)
        drawing.line(x, frame.top, x, frame.top + frame.height, "best")
    for _, rows in curves.groupby("seed"):
        for column, kind in (("loss", "training"), ("validation_loss", "validation")):
            known = rows[rows[column].notna()]
            points = known[["epoch", column]].to_numpy().tolist()
            if points:
                drawing.path([frame.at(x, min(y, highest)) for x, y in points], kind)
    drawing.text(frame.left, 124, "epoch 1")
    drawing.text(frame.left + frame.width, 124, str(last), "end")
    return drawing.markup()


def landscape(points: pd.DataFrame, words: str) -> Markup:
    """A map of clips: columns x, y (0 to 1), emotion, predicted, right, clip."""
    drawing = Drawing(WIDTH, WIDTH, words)
    frame = Frame(16, 16, WIDTH - 32, WIDTH - 32)
    small = len(points) > 500
    radius = 2.4 if small else 3.6
    for row in points.sort_values("right", ascending=False, kind="stable").itertuples(index=False):
        x, y = frame.at(float(row.x), float(row.y))  # type: ignore[arg-type]
        kind = f"e-{row.emotion}"
        if row.right:
            tip = f"{row.clip}: {row.emotion}"
            drawing.add("circle", tip=tip, cx=x, cy=y, r=radius, class_=f"hit {kind}")
        else:
            a = f"{x - radius:.1f} {y - radius:.1f}l{2 * radius:.1f} {2 * radius:.1f}"
            b = f"{x - radius:.1f} {y + radius:.1f}l{2 * radius:.1f} {-2 * radius:.1f}"
            tip = f"{row.clip}: {row.emotion}, predicted as {row.predicted}"
            drawing.add("path", tip=tip, d=f"M{a}M{b}", class_=f"miss {kind}")
    for emotion, rows in points.groupby("emotion", sort=True):
        x, y = frame.at(float(rows["x"].median()), float(rows["y"].median()))
        drawing.text(x, y + 4, str(emotion), "middle", "name")
    return drawing.markup()


def key(kind: str) -> Markup:
    """The mark that a kind of point has, for a legend."""
    drawing = Drawing(14, 14, "")
    if kind == "right":
        drawing.add("circle", cx=7, cy=7, r=4, class_="hit plain")
    elif kind == "wrong":
        drawing.add("path", d="M3 3l8 8M3 11l8 -8", class_="miss plain")
    else:
        _sex_mark(drawing, kind, 7, 7, 5, "")
    return Markup(drawing.markup().replace('role="img" aria-label=""', 'aria-hidden="true"'))


def _sex_mark(drawing: Drawing, sex: str, x: float, y: float, size: float, tip: str) -> None:
    """A disc for women, a square for men, a diamond for unknown: shape beside colour."""
    if sex == "female":
        drawing.add("circle", tip=tip, cx=x, cy=y, r=size, class_="s-female")
    elif sex == "male":
        edge, corner = 1.8 * size, (x - 0.9 * size, y - 0.9 * size)
        drawing.add(
            *("rect", "", tip), x=corner[0], y=corner[1], width=edge, height=edge, class_="s-male"
        )
    else:
        size *= 1.2
        corners = f"M{_value(x)} {_value(y - size)}l{size:.1f} {size:.1f}l{-size:.1f} {size:.1f}"
        drawing.add("path", tip=tip, d=f"{corners}l{-size:.1f} {-size:.1f}z", class_="s-unknown")


def _value(value: Attribute) -> str:
    if isinstance(value, str):
        return str(escape(value))
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
