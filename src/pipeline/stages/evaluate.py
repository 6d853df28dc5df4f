"""Score a recipe's tested predictions, and write its figures and its page."""

from __future__ import annotations

from pipeline import tracking
from pipeline.audit.beside import beside
from pipeline.evaluation import recipe
from pipeline.reports import recipe as page
from pipeline.reports.pages import between, percent


def main(name: str) -> None:
    """Evaluate a recipe, and record it with MLflow."""
    found = recipe.make(name)
    path = page.make(found, published=beside(found))
    tracking.record_evaluation(name)
    uar, label = found.headline.uar, found.outputs.label
    print(
        f"{name}: {found.shown} UAR {percent(uar.mean)} % ({between(uar)}), {label}; page: {path}"
    )
