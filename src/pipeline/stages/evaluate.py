"""Score a recipe's tested predictions, and write its figures and its page."""

from __future__ import annotations

from pathlib import Path

from pipeline import tracking
from pipeline.config.base import load
from pipeline.config.recipes import RecipeSettings
from pipeline.evaluation import evaluate
from pipeline.evaluation.outputs import read
from pipeline.evaluation.results import REPORTS
from pipeline.reports import recipe as page
from pipeline.reports.pages import between, percent
from pipeline.views.packed import open_view


def main(name: str) -> None:
    found = cook(name)
    tracking.record_evaluation(name)
    head = found.headline
    print(
        f"{name}: {head.head} UAR {percent(head.uar.mean)} % ({between(head.uar)}), "
        f"{found.cooked.label}; page: {REPORTS / name / 'report.html'}"
    )


def cook(name: str) -> evaluate.Evaluation:
    settings = load(RecipeSettings, "recipes", name)
    found = evaluate.evaluate(
        read(name, settings.title, settings.dataset, settings.view, settings.emotions)
    )
    folder = REPORTS / name
    evaluate.write(found, folder)
    view = open_view(Path("data/views") / settings.view)
    page.write(found, view, Path("data/embeddings") / name, folder / "report.html")
    return found
