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

from pipeline.commands.common import AsJson
from pipeline.core.errors import exit_on_error

app = typer.Typer(no_args_is_help=True, help="Figures of recipes.")

LEGEND = "† not run with this code, but by an older version; run it: ser run RECIPE"
FEW = 4
"""So many recipes are shown with what their splits leak."""

KEYS = ("recipe", "protocol", "label", "folds", "seeds", "clips", "chosen")


@app.command("show")
def show(
    recipe: Annotated[str, typer.Argument(help="A recipe of params.yaml, such as demo.")],
    as_json: AsJson = False,
) -> None:
    """Print a recipe's heads with their figures, and say where its page is.

    Example: ser report show demo --json
    """
    from pipeline.core.layout import Layout
    from pipeline.evaluation.results import read_metrics, run_with_this_code
    from pipeline.splits.gate import mechanisms

    with exit_on_error():
        found = read_metrics(recipe)
        current = run_with_this_code(recipe)
    rows = [{"head": head, **figures} for head, figures in found["heads"].items()]
    page = Layout().report(recipe) / "report.html"
    if as_json:
        data = {key: found[key] for key in KEYS}
        data |= {"mechanisms": mechanisms(found["label"]), "run_with_this_code": current}
        data |= {"rows": rows, "page": str(page)}
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    _print_recipe(found, rows, page, current)


@app.command("compare")
def compare(
    recipes: Annotated[
        list[str] | None, typer.Argument(help="Recipes; all that have figures if absent.")
    ] = None,
    leaks: Annotated[
        bool, typer.Option("--leaks", help="What each leak is worth; of two recipes it is shown.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print recipes side by side, one a line, those whose split leaks in red.

    What a leak is worth is the difference between a leaky recipe and an honest one that
    tested the same clips, paired by speaker.

    Example: ser report compare ravdess-hybrid ravdess-hybrid-speakers
    """
    from pipeline.evaluation.results import evaluated
    from pipeline.reports.compare import compare as side_by_side

    with exit_on_error():
        named = recipes or []
        found = side_by_side(named or evaluated(), leaks=leaks or len(named) == 2)
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
    from pipeline.audit.settings import read_audit
    from pipeline.audit.table import table

    with exit_on_error():
        found = table(read_published(), read_audit())
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    _print_published(found)


def _print_published(found: dict[str, Any]) -> None:
    from pipeline.audit.table import shown_figures
    from pipeline.reports.pages import percent

    console = Console()
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("figure", no_wrap=True)
    for name in ("emotions", "published", "their protocol", "speakers apart"):
        table.add_column(name, justify="right")
    table.add_column("verdict", min_width=10)
    for row in found["rows"]:
        ours = [row[side] for side in ("recipe", "honest")]
        table.add_row(
            row["row"],
            str(row["emotions"]),
            percent(row["published"]),
            *(
                f"{percent(own['accuracy']['mean'])}{_dagger(own)} [dim]{_ends(own['accuracy'])}"
                if own
                else "–"
                for own in ours
            ),
            row["verdict"],
        )
    console.print(table)
    console.print(", ".join(f"{count} {word}" for word, count in found["verdicts"].items()))
    if any(not item["run_with_this_code"] for item in shown_figures(found)):
        console.print(LEGEND)
    console.print("run a row with: make reproduce RECIPE=…; the rule: reports/published.md")


def _print_recipe(
    found: dict[str, Any], rows: list[dict[str, Any]], page: Path, current: bool
) -> None:
    from pipeline.evaluation.metrics import METRICS
    from pipeline.evaluation.results import NOT_RUN

    console = Console()
    colour = "red" if found["leaks"] else "green"
    synthetic = " synthetic" if found["synthetic"] else ""
    seeds = ", ".join(map(str, found["seeds"]))
    console.print(f"[bold]{found['recipe']}[/bold]: {escape(found['title'])}")
    console.print(f"{found['protocol']}: [{colour}]{found['label']}[/{colour}]")
    if not current:
        console.print(f"[yellow]{NOT_RUN}[/yellow]; run it with: ser run {found['recipe']}")
    console.print(
        f"{found['clips']}{synthetic} clips, {found['speakers']} speakers, "
        f"{found['emotions']} emotions, {found['folds']} folds, seeds {seeds}; in percent:"
    )
    chosen = found["chosen"]["head"] if found["chosen"] else None
    console.print(_heads(rows, chosen))
    shortened = [item for item in METRICS.values() if item.short != item.title]
    titles = ", ".join(f"{item.short}: {item.title}" for item in shortened)
    console.print(f"[dim]{titles}; interval: 95 % of UAR over speakers; valid.: validation UAR")
    if chosen:
        console.print(f"* chosen by {found['chosen']['by']}")
    else:
        console.print("no head was chosen, for no validation clips were held out")
    if page.is_file():
        console.print(f"the page: {page}", soft_wrap=True)
    else:
        console.print(f"no page here; make it with: ser run {found['recipe']}")


def _heads(rows: list[dict[str, Any]], chosen: str | None) -> Table:
    """A row for each head, a column for each metric."""
    from pipeline.evaluation.metrics import METRICS
    from pipeline.reports.pages import percent

    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("head")
    for place, metric in enumerate(METRICS.values()):
        width = max(4, len(metric.short))
        table.add_column(metric.short, no_wrap=True, justify="right", min_width=width)
        if place == 0:
            table.add_column("interval", no_wrap=True, justify="right", min_width=9)
    table.add_column("valid.", no_wrap=True, justify="right", min_width=6)
    for row in rows:
        cells = []
        for place, (name, metric) in enumerate(METRICS.items()):
            value = row.get(name)  # Figures of older code may lack newer metrics.
            mean = value["mean"] if isinstance(value, dict) else value
            cells.append(percent(mean) if metric.percent or mean is None else f"{mean:.2f}")
            if place == 0:
                cells.append(_ends(row[name]))
        best = row["head"] == chosen
        table.add_row(
            f"{row['head']} *" if best else row["head"],
            *cells,
            percent(row["validation_uar"]),
            style="bold" if best else "",
        )
    return table


def _print_comparison(found: dict[str, Any]) -> None:
    console = Console()
    if not found["recipes"]:
        console.print("no recipe has figures yet; make them with: ser run demo")
        return
    for dataset, rows in _by_dataset(found["recipes"]).items():
        synthetic = ", synthetic speech" if any(row["synthetic"] for row in rows) else ""
        console.print(f"[bold]{dataset}[/bold]{synthetic}")
        console.print(_comparison(rows))
    console.print("[dim]UAR and accuracy in percent; !: the split leaks")
    if len(found["recipes"]) <= FEW:
        for row in found["recipes"]:
            colour = "red" if row["leaks"] else "green"
            label = f"[{colour}]{row['label']}[/{colour}]"
            console.print(f"{row['recipe']}: {row['protocol']}, {label}")
    if any(not row["run_with_this_code"] for row in found["recipes"]):
        console.print(LEGEND)
    for item in found["leaks"]:
        low, gap, high = (f"{100 * item[key]:+.1f}" for key in ("low", "mean", "high"))
        console.print(
            f"{item['leaky']}: {gap} points ({low} to {high}) against {item['honest']}, "
            "on the same clips"
        )


def _by_dataset(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["dataset"], []).append(row)
    return found


def _comparison(rows: list[dict[str, Any]]) -> Table:
    """A line for each recipe of a dataset, short enough for 80 columns."""
    from pipeline.reports.pages import percent

    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("recipe", ratio=1, overflow="fold", min_width=20)
    for name in ("of", "UAR", "interval", "acc."):
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("head", overflow="fold", max_width=14)
    for row in rows:
        mark = "[red]![/red] " if row["leaks"] else "  "
        table.add_row(
            f"{mark}{row['recipe']}",
            str(row["emotions"]),
            percent(row["uar"]["mean"]) + (_dagger(row) or "  "),
            _ends(row["uar"]),
            percent(row["accuracy"]["mean"]),
            row["head"],
        )
    return table


def _dagger(item: dict[str, Any]) -> str:
    return "" if item["run_with_this_code"] else " †"


def _ends(uar: dict[str, float | None]) -> str:
    from pipeline.reports.pages import percent

    return "–" if uar["low"] is None else f"{percent(uar['low'])}–{percent(uar['high'])}"
