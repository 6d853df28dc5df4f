"""Stage: score a recipe's tested predictions, and write its figures and its page."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline import evaluation, tracking
from pipeline.config.base import load
from pipeline.config.recipes import RecipeSettings
from pipeline.cooked import read
from pipeline.errors import spoken
from pipeline.reports import recipe as page
from pipeline.reports.pages import between, percent
from pipeline.results import REPORTS
from pipeline.views.packed import open_view


def main(name: str) -> None:
    found = cook(name)
    tracking.record_evaluation(name)
    head = found.headline
    print(
        f"{name}: {head.head} UAR {percent(head.uar.mean)} % ({between(head.uar)}), "
        f"{found.cooked.label}; page: {REPORTS / name / 'report.html'}"
    )


def cook(name: str) -> evaluation.Evaluation:
    settings = load(RecipeSettings, "recipes", name)
    found = evaluation.evaluate(
        read(name, settings.title, settings.dataset, settings.view, settings.emotions)
    )
    folder = REPORTS / name
    evaluation.write(found, folder)
    view = open_view(Path("data/views") / settings.view)
    page.write(found, view, Path("data/embeddings") / name, folder / "report.html")
    return found


if __name__ == "__main__":
    with spoken():
        main(sys.argv[1])
