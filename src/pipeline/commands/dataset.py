"""``ser dataset``: what is in a dataset, and its defects."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pipeline.commands.common import AsJson
from pipeline.core.layout import Layout

app = typer.Typer(no_args_is_help=True, help="What is in a dataset, and its defects.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the datasets of params.yaml and which are indexed here."""
    from pipeline.config import params

    rows = [
        {"dataset": name, "corpora": list(item.corpora), "indexed": Layout().clips(name).is_file()}
        for name, item in params.read().datasets.items()
    ]
    if as_json:
        typer.echo(json.dumps({"datasets": rows}, indent=2))
        return
    table = Table("dataset", "corpora", "indexed", "make it with")
    for row in rows:
        name = str(row["dataset"])
        corpora = ", ".join(map(str, row["corpora"]))  # type: ignore[call-overload]
        table.add_row(name, corpora, "yes" if row["indexed"] else "no", f"dvc repro index@{name}")
    Console().print(table)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A dataset of params.yaml, such as demo.")],
    as_json: AsJson = False,
) -> None:
    """Count a dataset's clips, speakers and emotions, and name its defects.

    Example: ser dataset show ravdess --json
    """
    from pipeline.config import params
    from pipeline.config.base import unknown
    from pipeline.core.emotions import LABELS
    from pipeline.core.errors import ConfigError
    from pipeline.corpora.index import table as tables

    known = params.read().datasets
    if name not in known:
        raise ConfigError(unknown(name, known, "datasets"))
    table = tables.read(Layout().clips(name))
    flags = tables.groups(table)
    data: dict[str, Any] = {
        "dataset": name,
        "clips": len(table),
        "left_out": int((table["left_out"] != "").sum()),
        "speakers": int(table["speaker"].nunique()),
        "minutes": round(float(table["seconds"].sum()) / 60, 1),
        "synthetic": bool((table["corpus"] == "demo").any()),
        "by_emotion": {
            emotion: int((table["emotion"] == emotion).sum())
            for emotion in LABELS
            if (table["emotion"] == emotion).any()
        },
        "flags": flags,
    }
    if as_json:
        typer.echo(json.dumps(data, indent=2))
        return
    _print_dataset(data)


def _print_dataset(data: dict[str, Any]) -> None:
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
        more = f"… and {len(clips) - 5} more" if len(clips) > 5 else ""
        table.add_row(f"{flag} ({len(clips)})", "\n".join([*shown, *([more] if more else [])]))
    console.print(table)


