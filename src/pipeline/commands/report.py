"""``ser report``: a recipe's figures, and recipes side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.core.errors import exit_on_error

app = typer.Typer(no_args_is_help=True, help="Figures of cooked recipes.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]
FIGURES = {"UAR": 4, "interval": 9, "acc.": 4, "F1": 4, "loss": 4, "calib.": 6, "valid.": 6}
"""Columns of the table, and how wide each must be to be read."""

KEYS = ("recipe", "protocol", "label", "folds", "seeds", "clips", "chosen")


@app.command("show")
def show(
    recipe: Annotated[str, typer.Argument(help="A recipe of params.yaml, such as demo.")],
    as_json: AsJson = False,
) -> None:
    """Print a recipe's heads with their figures, and say where its page is.

    Example: ser report show demo --json
    """
    from pipeline.evaluation.results import REPORTS, read_metrics

    with exit_on_error():
        found = read_metrics(recipe)
    rows = [{"head": head, **figures} for head, figures in found["heads"].items()]
    page = REPORTS / recipe / "report.html"
    if as_json:
        data = {**{key: found[key] for key in KEYS}, "rows": rows, "page": str(page)}
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    _print_recipe(found, rows, page)


@app.command("compare")
def compare(
    recipes: Annotated[
        list[str] | None, typer.Argument(help="Recipes; all that are cooked if absent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print recipes side by side, each with its split's label.

    Example: ser report compare ravdess-hybrid ravdess-hybrid-speakers
    """
    from pipeline.evaluation.results import cooked
    from pipeline.reports.compare import compare as side_by_side

    with exit_on_error():
        found = side_by_side(recipes or cooked())
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    _print_comparison(found)


@app.command("published")
def published(as_json: AsJson = False) -> None:
    """Print what others published beside the same models here, and what is left of it.

    Accuracy in percent: theirs, ours under the same protocol, ours with no speaker on both sides.

    Example: ser report published
    """
    from pipeline.audit.figures import read_published
    from pipeline.audit.settings import AuditSettings
    from pipeline.audit.table import table
    from pipeline.config.base import load

    with exit_on_error():
        found = table(read_published(), load(AuditSettings, "audits"))
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    _print_published(found)


def _print_published(found: dict[str, Any]) -> None:
    from pipeline.reports.pages import percent

    console = Console()
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("figure", no_wrap=True)
    for name in ("emotions", "published", "their protocol", "speakers apart"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for row in found["rows"]:
        ours = [row[side]["accuracy"] if row[side] else None for side in ("recipe", "honest")]
        table.add_row(
            row["row"],
            str(row["emotions"]),
            percent(row["published"]),
            *(f"{percent(own['mean'])} [dim]{_ends(own)}" if own else "–" for own in ours),
            row["verdict"],
        )
    console.print(table)
    console.print(", ".join(f"{count} {word}" for word, count in found["verdicts"].items()))
    console.print("cook a row with: make reproduce RECIPE=…; the rule: reports/published.md")


def _print_recipe(found: dict[str, Any], rows: list[dict[str, Any]], page: Path) -> None:
    from pipeline.reports.pages import percent

    console = Console()
    colour = "red" if found["leaks"] else "green"
    synthetic = " synthetic" if found["synthetic"] else ""
    seeds = ", ".join(map(str, found["seeds"]))
    console.print(f"[bold]{found['recipe']}[/bold]: {escape(found['title'])}")
    console.print(f"{found['protocol']}: [{colour}]{found['label']}[/{colour}]")
    console.print(
        f"{found['clips']}{synthetic} clips, {found['speakers']} speakers, "
        f"{found['emotions']} emotions, {found['folds']} folds, seeds {seeds}; in percent:"
    )
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("head")
    for name, width in FIGURES.items():
        table.add_column(name, no_wrap=True, justify="right", min_width=width)
    chosen = found["chosen"]["head"] if found["chosen"] else None
    for row in rows:
        table.add_row(
            f"{row['head']} *" if row["head"] == chosen else row["head"],
            percent(row["uar"]["mean"]),
            _ends(row["uar"]),
            percent(row["accuracy"]["mean"]),
            percent(row["macro_f1"]),
            f"{row['log_loss']:.2f}",
            percent(row["calibration_error"]),
            percent(row["validation_uar"]),
            style="bold" if row["head"] == chosen else "",
        )
    console.print(table)
    console.print(
        "interval: 95 % over speakers; loss: log loss in nats; calib.: expected calibration "
        "error; valid.: validation UAR"
    )
    if chosen:
        console.print(f"* chosen by {found['chosen']['by']}")
    else:
        console.print("no head was chosen, for no clips were held back to choose by")
    if page.is_file():
        console.print(f"the page: {page}", soft_wrap=True)
    else:
        console.print(f"no page here; make it with: dvc repro evaluate@{found['recipe']}")


def _print_comparison(found: dict[str, Any]) -> None:
    from pipeline.reports.pages import percent

    console = Console()
    if not found["recipes"]:
        console.print("no recipe is cooked yet; make one with: dvc repro evaluate@demo")
        return
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("recipe", no_wrap=True)
    table.add_column("split")
    table.add_column("head", no_wrap=True)
    for name in ("UAR", "interval", "acc."):
        table.add_column(name, no_wrap=True, justify="right")
    for row in found["recipes"]:
        synthetic = ", synthetic" if row["synthetic"] else ""
        table.add_row(
            f"[bold]{row['recipe']}[/bold]\n[dim]{row['dataset']}, {row['emotions']} emotions",
            f"[{'red' if row['leaks'] else 'green'}]{row['label']}[/]\n"
            f"[dim]{row['protocol']}{synthetic}",
            row["head"],
            percent(row["uar"]["mean"]),
            _ends(row["uar"]),
            percent(row["accuracy"]["mean"]),
        )
    console.print(table)
    for item in found["leaks"]:
        low, gap, high = (f"{100 * item[key]:+.1f}" for key in ("low", "mean", "high"))
        console.print(
            f"{item['leaky']}: {gap} points ({low} to {high}) against {item['honest']}, "
            "on the same clips"
        )


def _ends(uar: dict[str, float | None]) -> str:
    from pipeline.reports.pages import percent

    return "–" if uar["low"] is None else f"{percent(uar['low'])}–{percent(uar['high'])}"
