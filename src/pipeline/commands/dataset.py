"""``ser dataset``: what is in a dataset, its defects, and which corpora can be added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pipeline.commands.common import AsJson
from pipeline.core.errors import exit_on_error

app = typer.Typer(no_args_is_help=True, help="What is in a dataset, and its defects.")


@app.command("list")
def show_all(as_json: AsJson = False) -> None:
    """List the datasets of inputs/params.yaml, and the known corpora that can be added.

    Example: ser dataset list
    """
    with exit_on_error():
        rows, known = _datasets(), _addable()
    if as_json:
        typer.echo(json.dumps({"datasets": rows, "known": known}, indent=2))
        return
    table = Table("dataset", "corpora", "licence", "indexed", "make it with")
    for row in rows:
        done = "yes" if row["indexed"] else "no"
        command = f"ser run index@{row['dataset']}"
        table.add_row(row["dataset"], ", ".join(row["corpora"]), row["licence"], done, command)
    Console().print(table)
    if known:
        table = Table("known corpus", "title", "licence", "add it with")
        for row in known:
            command = f"ser dataset add {row['corpus']}"
            table.add_row(row["corpus"], row["title"], row["licence"], command)
        Console().print(table)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A dataset of inputs/params.yaml, such as demo.")],
    as_json: AsJson = False,
) -> None:
    """Count a dataset's clips, speakers and emotions, and name its defects.

    Example: ser dataset show ravdess --json
    """
    with exit_on_error():
        data = _dataset(name)
    if as_json:
        typer.echo(json.dumps(data, indent=2))
    else:
        _print(data)


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="A dataset of your own recordings, such as lab.")],
) -> None:
    """Check a folder of your own recordings and its table; nothing is written.

    Everything that is wrong is named at once: a line for each, with the cure.

    Example: ser dataset check lab
    """
    with exit_on_error():
        for line in _checked(name):
            typer.echo(line)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A known corpus, as ser dataset list names it.")],
) -> None:
    """Write a known corpus, and a dataset of it, into inputs/params.yaml.

    Example: ser dataset add emodb
    """
    from pipeline.corpora import adding
    from pipeline.corpora.description import load

    with exit_on_error():
        path = adding.add(name)
    description = load(name)
    typer.echo(description.licence_notice())
    sources = description.sources
    if sources and sources.by_hand:
        typer.echo(
            f"No program may fetch it: register at {sources.by_hand.registration}, "
            f"then put {sources.by_hand.archive} into data/incoming/"
        )
    typer.echo(f"{name} is in {path}; make its index with: ser run index@{name}")


def _checked(name: str) -> list[str]:
    """What the folders of a dataset's own recordings hold, a line for each corpus."""
    from pathlib import Path

    from pipeline.config.corpora import FolderCorpus
    from pipeline.core.emotions import ordered
    from pipeline.core.errors import CorpusError
    from pipeline.corpora import folder, registry

    own = {
        corpus: settings
        for corpus, settings in registry.of_dataset(name).items()
        if isinstance(settings, FolderCorpus)
    }
    if not own:
        raise CorpusError(f"{name} has no recordings of your own; index it: ser run index@{name}")
    lines = []
    for corpus, settings in own.items():
        listing, notes = folder.check(corpus, settings)
        clips = listing.clips
        emotions = ", ".join(ordered(clip.emotion for clip in clips))
        speakers = len({clip.speaker for clip in clips})
        place = Path(settings.source).expanduser()
        lines += [f"note: {note}" for note in notes]
        lines += [f"note: {path}: has no speaker; set aside" for path in listing.unparsed]
        lines.append(f"{corpus}: {len(clips)} clips of {speakers} speakers in {place}: {emotions}")
    return lines


def _datasets() -> list[dict[str, Any]]:
    """The datasets of this repository."""
    from pipeline.config.folders import names
    from pipeline.core.layout import Layout
    from pipeline.corpora import registry

    rows = []
    for name in names("datasets"):
        corpora = registry.of_dataset(name)
        described = [registry.describe(item) for item in corpora.values()]
        rows.append(
            {
                "dataset": name,
                "corpora": list(corpora),
                "licence": "; ".join(dict.fromkeys(item.licence for item in described)),
                "non_commercial": any(item.non_commercial for item in described),
                "indexed": Layout().clips(name).is_file(),
            }
        )
    return rows


def _addable() -> list[dict[str, str]]:
    """The known corpora that have no entry yet."""
    from pipeline.config.folders import names
    from pipeline.corpora.description import known, load

    taken = {*names("datasets"), *names("corpora")}
    return [
        {"corpus": name, "title": load(name).title, "licence": load(name).licence}
        for name in known()
        if name not in taken
    ]


def _dataset(name: str) -> dict[str, Any]:
    """What is known of a dataset that is indexed here."""
    from pipeline.config.base import unknown
    from pipeline.config.folders import names
    from pipeline.core.emotions import ordered
    from pipeline.core.errors import ConfigError
    from pipeline.core.layout import Layout
    from pipeline.corpora import registry
    from pipeline.corpora.index import table as tables

    known = names("datasets")
    if name not in known:
        raise ConfigError(unknown(name, known, "datasets"))
    table = tables.read(Layout().clips(name))
    counts = table["emotion"].value_counts()
    described = [registry.describe(item) for item in registry.of_dataset(name).values()]
    return {
        "dataset": name,
        "clips": len(table),
        "left_out": int((table["left_out"] != "").sum()),
        "speakers": int(table["speaker"].nunique()),
        "minutes": round(float(table["seconds"].sum()) / 60, 1),
        "synthetic": any(item.synthetic for item in described),
        "by_emotion": {emotion: int(counts[emotion]) for emotion in ordered(table["emotion"])},
        "flags": tables.groups(table),
    }


def _print(data: Mapping[str, Any]) -> None:
    console = Console()
    word = " synthetic" if data["synthetic"] else ""
    console.print(
        f"[bold]{data['dataset']}[/bold]: {data['clips']}{word} clips "
        f"({data['left_out']} left out), {data['speakers']} speakers, {data['minutes']} minutes"
    )
    emotions = Table("emotion", "clips")
    for emotion, count in data["by_emotion"].items():
        emotions.add_row(emotion, str(count))
    console.print(emotions)
    if not data["flags"]:
        console.print("no flags")
        return
    table = Table("flag", "clips")
    for flag, clips in data["flags"].items():
        shown = [item if isinstance(item, str) else " = ".join(item) for item in clips[:5]]
        more = [f"… and {len(clips) - 5} more"] if len(clips) > 5 else []
        table.add_row(f"{flag} ({len(clips)})", "\n".join([*shown, *more]))
    console.print(table)
