"""What the pages of reports share: the template engine and how figures are written."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.core.storage import atomic_write

if TYPE_CHECKING:
    from pipeline.evaluation.intervals import Interval


def write_page(path: Path, template: str, **content: Any) -> None:
    """Render a template of this package to a page that needs no other file."""
    text = environment(escaped=True).get_template(template).render(**content)
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def environment(*, escaped: bool) -> Environment:
    """The template engine; a missing name is an error.

    Args:
        escaped: what is put in is text and not markup, as pages need it.
    """
    engine = Environment(
        loader=PackageLoader("pipeline.reports"),
        undefined=StrictUndefined,
        autoescape=escaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    engine.filters |= {
        "percent": percent,
        "points": points,
        "between": between,
        "p_value": p_value,
        "thousands": thousands,
        "duration": duration,
    }
    return engine


def percent(fraction: float | None, digits: int = 1) -> str:
    """A fraction as people read it.

    Example:
        >>> percent(0.63125), percent(1.0, 0), percent(None)
        ('63.1', '100', '–')
    """
    if fraction is None or math.isnan(fraction):
        return "–"
    return f"{100 * fraction:.{digits}f}"


def points(fraction: float) -> str:
    """A difference in points of a percentage, with its sign.

    Example:
        >>> points(0.0312), points(-0.2)
        ('+3.1', '−20.0')
    """
    return f"{100 * fraction:+.1f}".replace("-", "−")


def between(interval: Interval) -> str:
    """The ends of an interval.

    Example:
        >>> from pipeline.evaluation.intervals import Interval
        >>> between(Interval(0.6, 0.5, 0.7)), between(Interval(0.6, float("nan"), float("nan")))
        ('50.0 to 70.0', 'no interval')
    """
    if known(interval):
        return f"{percent(interval.low)} to {percent(interval.high)}"
    return "no interval"


def known(interval: Interval) -> bool:
    """Whether an interval has ends; one of a single speaker has none."""
    return not math.isnan(interval.low)


def p_value(p: float) -> str:
    """How easily chance gives a difference.

    Example:
        >>> p_value(0.0123), p_value(0.0001)
        ('0.012', 'under 0.001')
    """
    return f"{p:.3f}" if p >= 0.001 else "under 0.001"


def thousands(number: int) -> str:
    """A count with thin spaces between thousands.

    Example:
        >>> thousands(290888)
        '290\u202f888'
    """
    return f"{number:,}".replace(",", "\u202f")


def duration(seconds: float | None) -> str:
    """A time as people say it.

    Example:
        >>> duration(42.0), duration(150.0), duration(9000.0), duration(None)
        ('42 s', '2.5 min', '2.5 h', 'time not recorded')
    """
    if seconds is None:
        return "time not recorded"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
