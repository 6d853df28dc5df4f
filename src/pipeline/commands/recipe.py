"""``ser recipe``: which recipes there are, what one is made of, and what is stale."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.commands.common import AsJson
from pipeline.core.errors import exit_on_error

if TYPE_CHECKING:
    from pipeline.graph.catalogue import Entry
    from pipeline.graph.stale import StageStatus

app = typer.Typer(no_args_is_help=True, help="Which recipes there are, and what is stale.")

COLOURS = {"up to date": "green", "stale": "yellow", "waits": "dim", "not run": "cyan"}
Name = Annotated[str, typer.Argument(help="A recipe of any params.yaml, such as demo.")]


@app.command("list")
def show_all(
    folder: Annotated[
        str | None, typer.Option(help="Of one paper or study, such as ijraset; . is the main one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List every recipe, folder by folder.

    Example: ser recipe list --folder papers/ijraset
    """
    from pipeline.graph.catalogue import entries

    with exit_on_error():
        found = entries(_figures(), folder)
    if as_json:
        typer.echo(json.dumps({"recipes": [item.plain() for item in found]}, indent=2))
        return
    _print_list(found)


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Print a recipe's stages, inputs and settings, where its report is, and how long it takes.

    Example: ser recipe show demo
    """
    with exit_on_error():
        data = _recipe(name)
    if as_json:
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    _print_recipe(data)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Of the new recipe, such as cnn-mel-4.")],
    folder: Annotated[
        str, typer.Option("--in", help="The folder, such as papers/ijraset; . is the main one.")
    ],
    like: Annotated[str, typer.Option(help="The recipe that it begins as a copy of.")] = "demo",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="A value that differs, KEY=VALUE; may be given again."),
    ] = None,
) -> None:
    """Add a recipe to a folder's params.yaml, whose comments and layout stay.

    Example: ser recipe new mine --in studies/best --like ravdess-best --set "seeds=[0, 1]"
    """
    from pipeline.graph.drafting import assignment, new_recipe

    with exit_on_error():
        changed = dict(assignment(item) for item in values or [])
        path = new_recipe(name, folder, like, {"title": name, **changed})
    typer.echo(f"{name} is in {path}; fill it in there, then: ser run {name}")


@app.command("set")
def set_value(
    name: Name,
    values: Annotated[list[str], typer.Argument(help="KEY=VALUE, such as network.width=32.")],
) -> None:
    """Change values of a recipe, or of what it names, each on the one line where it stands.

    Keys are the recipe's own (seeds, network, heads) or lead on from them: network.width,
    training.epochs, heads.xgboost.max_depth, view.bands, protocol.folds.

    Example: ser recipe set demo heads.xgboost.max_depth=5
    """
    from pipeline.graph import drafting

    with exit_on_error():
        for item in [drafting.assignment(words) for words in values]:
            change = drafting.set_value(name, *item)
            typer.echo(f"{change.path}: {change.key} was {change.old}, is {change.new}")
            if change.others:
                typer.echo(f"this changes as well: {', '.join(change.others)}")


@app.command("status")
def status(
    name: Annotated[
        str | None, typer.Argument(help="A recipe; those of the main pipeline if absent.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Those of papers and studies too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say which stages are stale, and why: which parameter, which file, which code.

    Example: ser recipe status demo
    """
    from pipeline.graph.catalogue import MAIN, entries
    from pipeline.graph.stale import statuses
    from pipeline.stages import params

    with exit_on_error():
        params.read()
        folder = None if every or name else MAIN
        names = [name] if name else [item.recipe for item in entries(folder=folder)]
        found = statuses(names)
    if as_json:
        typer.echo(json.dumps(_plain(found), indent=2))
    elif name:
        _print_stages(found[name])
    else:
        _print_summaries(found)


def _figures() -> dict[str, tuple[str, ...]]:
    """The published figures that a recipe stands beside, by the recipe's name."""
    from pipeline.audit.figures import read_published

    found: dict[str, tuple[str, ...]] = {}
    for row in read_published(check=False).rows:
        for recipe in row.figure.recipes.values():
            found[recipe] = (*found.get(recipe, ()), row.name)
    return found


def _print_list(found: Sequence[Entry]) -> None:
    console = Console()
    by_folder: dict[str, list[Entry]] = {}
    for item in found:
        by_folder.setdefault(item.folder, []).append(item)
    for folder, items in by_folder.items():
        console.print(f"[bold]{'the main pipeline' if folder == '.' else folder}")
        table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("recipe", no_wrap=True)
        for name in ("data", "protocol", "network", "heads"):
            table.add_column(name, overflow="fold")
        table.add_column("run", no_wrap=True)
        table.add_column("figure", overflow="fold")
        for item in items:
            table.add_row(
                item.recipe,
                item.dataset,
                item.protocol,
                item.network or "–",
                item.heads,
                "yes" if item.run_with_this_code else "no",
                ", ".join(dict.fromkeys(_figure(item.recipe, name) for name in item.figures)),
            )
        console.print(table)
    console.print("[dim]run: its figures were made with this code; look: ser recipe show NAME")
    console.print("[dim]figure: the published one that it stands beside; same: of its own name")


def _figure(recipe: str, figure: str) -> str:
    """The name of a figure, short where the recipe's name says it.

    Example:
        >>> _figure("cnn-8-speakers", "cnn-8"), _figure("ravdess-hybrid", "cnn-hybrid-8")
        ('same', 'cnn-hybrid-8')
    """
    return "same" if recipe == figure or recipe.startswith(f"{figure}-") else figure


def _recipe(name: str) -> dict[str, Any]:
    """All that is shown of a recipe."""
    from dataclasses import asdict

    from pipeline.core.layout import Layout
    from pipeline.graph.catalogue import entries, estimate, networks
    from pipeline.graph.targets import Graph
    from pipeline.stages import params

    checked = params.read()
    resolved = params.resolve(checked, name)
    graph = Graph()
    (entry,) = (item for item in entries(_figures()) if item.recipe == name)
    stages = [
        address
        for stage in graph.stages
        if stage.partition("@")[2] == name and graph.stages[stage] == graph.recipes[name]
        for address in graph.addresses(stage)
    ]
    took = estimate(name)
    report = Layout().report(name)
    return {
        **entry.plain(),
        "emotions": list(resolved["emotions"]),
        "view": resolved["view"]["name"],
        "corpora": list(resolved["corpora"]),
        "initial_weights": (resolved.get("initial_weights") or {}).get("name"),
        "training": (resolved.get("training") or {}).get("name"),
        "seeds": list(resolved.get("seeds", ())),
        "networks": networks(resolved | _names(resolved)) if entry.network else 0,
        "settings": {
            key: {k: v for k, v in resolved[key].items() if k not in ("name", "set")}
            for key in ("protocol", "network", "training")
            if key in resolved
        },
        "head_names": [key for key in resolved["heads"] if key != "set"],
        "params": graph.recipes[name].with_name("params.yaml").as_posix(),
        "stages": stages,
        "report": str(report),
        "page": (report / "report.html").is_file(),
        "evaluated": (report / "metrics.json").is_file(),
        "estimate": asdict(took) if took else None,
    }


def _names(resolved: dict[str, Any]) -> dict[str, Any]:
    return {"protocol": resolved["protocol"]["name"]}


def _print_recipe(data: dict[str, Any]) -> None:
    from pipeline.reports.pages import duration

    console = Console()
    name = data["recipe"]
    console.print(f"[bold]{name}[/bold]: {escape(data['title'])}")
    rows = [
        ("lies in", data["params"]),
        ("data", f"{data['dataset']} ({', '.join(data['corpora'])}), view {data['view']}"),
        ("emotions", f"{len(data['emotions'])}: {', '.join(data['emotions'])}"),
        ("protocol", f"{data['protocol']}: {_brief(data['settings']['protocol'])}"),
    ]
    if data["network"]:
        weights = data["initial_weights"]
        seeds = ", ".join(map(str, data["seeds"]))
        count = f"{data['networks']} networks, " if data["networks"] else ""
        rows += [
            ("network", f"{data['network']}: {_brief(data['settings']['network'])}"),
            ("training", f"{data['training']}: {_brief(data['settings']['training'])}"),
            ("trained", f"{count}seeds {seeds}, initial weights {weights}"),
        ]
    took = data["estimate"]
    if took:
        time = f"about {duration(took['seconds'])} of training ({took['basis']})"
    else:
        time = "not known: nothing like it was run" if data["network"] else "no training"
    report = f"{data['report']}/report.html"
    if not data["page"]:
        report = (
            f"figures in {data['report']}; the page: dvc pull {report}, or ser run {name}"
            if data["evaluated"]
            else f"none yet; make it with: ser run {name}"
        )
    rows += [
        ("heads", f"{data['heads']}: {', '.join(data['head_names'])}"),
        ("figures", ", ".join(data["figures"]) or "none published"),
        ("stages", "\n".join(data["stages"])),
        ("report", report),
        ("run with this code", "yes" if data["run_with_this_code"] else "no"),
        ("time", time),
    ]
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for key, words in rows:
        table.add_row(key, escape(words))
    console.print(table)
    console.print(
        f"[dim]everything checked: ser config show {name}; stale? ser recipe status {name}"
    )


def _brief(settings: dict[str, Any]) -> str:
    """The plain values of a section, without lists of lists and what is off.

    Example:
        >>> _brief({"kind": "cnn", "channels": [4, 8], "named": [["a"]], "first": None})
        'cnn, channels 4 8'
    """
    words: list[str] = []
    for key, value in settings.items():
        if key == "kind":
            words.insert(0, str(value))
        elif isinstance(value, list) and value and not isinstance(value[0], list | dict):
            words.append(f"{key} {' '.join(map(str, value))}")
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            words.append(f"{key} {value}")
    return ", ".join(words)


def _plain(found: dict[str, tuple[StageStatus, ...]]) -> dict[str, Any]:
    from dataclasses import asdict

    from pipeline.graph.stale import summary

    return {
        "recipes": [
            {"recipe": name, "state": summary(stages).state, "stages": [*map(asdict, stages)]}
            for name, stages in found.items()
        ]
    }


def _print_stages(stages: Iterable[StageStatus]) -> None:
    _print_states("stage", ((item.stage, item) for item in stages))


def _print_summaries(found: dict[str, tuple[StageStatus, ...]]) -> None:
    from pipeline.graph.stale import StageStatus, summary

    rows = []
    for name, stages in found.items():
        item = summary(stages)
        why = (f"{item.stage}: {item.why[0]}",) if item.why else ()
        rows.append((name, StageStatus(item.stage, item.state, why)))
    _print_states("recipe", rows)
    Console().print("[dim]stage by stage: ser recipe status NAME")


def _print_states(title: str, rows: Iterable[tuple[str, StageStatus]]) -> None:
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(title, overflow="fold")
    table.add_column("", no_wrap=True)
    table.add_column("why", overflow="fold")
    for name, item in rows:
        colour = COLOURS.get(item.state, "cyan")
        why = escape("\n".join(item.why))
        table.add_row(name, f"[{colour}]{item.state}[/{colour}]", why)
    Console().print(table)
