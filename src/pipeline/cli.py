"""``ser``: look at configuration, datasets and results from a shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from pipeline.commands import report, track
from pipeline.commands.app import app as serve
from pipeline.commands.export import export
from pipeline.commands.people import people
from pipeline.commands.predict import predict
from pipeline.commands.reproduce import reproduce
from pipeline.commands.run import cook
from pipeline.core.errors import exit_on_error

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A workbench for speech-emotion recognition that anyone can rebuild.\n\n"
    "Cook a recipe (ser cook evaluate@demo, or dvc repro), look at it (ser report show demo), "
    "compare runs (make ui).",
)
images = typer.Typer(no_args_is_help=True, help="Pictures of clips as a model sees them.")
config = typer.Typer(no_args_is_help=True, help="The checked content of params.yaml.")
dataset = typer.Typer(no_args_is_help=True, help="What is in a dataset, and its defects.")
app.add_typer(config, name="config")
app.add_typer(dataset, name="dataset")
app.add_typer(images, name="images")
app.command("cook")(cook)
app.command("reproduce")(reproduce)
app.command("export")(export)
app.command("predict")(predict)
app.command("app")(serve)
app.add_typer(report.app, name="report")
app.add_typer(track.track, name="track")
app.add_typer(people, name="people")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]


def speaks(command: Callable[P, R]) -> Callable[P, R]:
    """Print a command's foreseen errors as one line, exit status 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with exit_on_error():
            return command(*args, **kwargs)

    return wrapped


@config.command("show")
@speaks
def config_show(
    recipe: Annotated[
        str | None, typer.Argument(help="A recipe; the whole file if absent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the resolved configuration; fails when anything in it is wrong.

    Example: ser config show demo
    """
    from pipeline.config import params

    checked = params.read()
    data = params.resolve(checked, recipe) if recipe else checked.model_dump(mode="json")
    if as_json:
        typer.echo(json.dumps(data, indent=2))
    else:
        yaml = YAML()
        yaml.default_flow_style = False
        yaml.dump(data, typer.get_text_stream("stdout"))


@dataset.command("list")
@speaks
def dataset_list(as_json: AsJson = False) -> None:
    """List the datasets of params.yaml and which are indexed here."""
    from pipeline.config import params

    rows = [
        {"dataset": name, "corpora": list(item.corpora), "indexed": _index_path(name).is_file()}
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


@dataset.command("show")
@speaks
def dataset_show(
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
    table = tables.read(_index_path(name))
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


@images.command("show")
@speaks
def images_show(
    clip: Annotated[str, typer.Argument(help="A clip's id, such as demo/03-01-05-01-01-01-01.")],
    view: Annotated[
        str | None, typer.Option(help="A view of params.yaml; by default the dataset's first.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The PNG to write.")] = None,
) -> None:
    """Draw a clip's wave before and after silence removal above its spectrogram.

    Example: ser images show ravdess/03-01-05-02-01-01-01 --view ravdess-mel
    """
    from pipeline.config import params
    from pipeline.config.base import unknown
    from pipeline.config.views import ImageViewSettings
    from pipeline.core.errors import ConfigError
    from pipeline.corpora.index import table as tables
    from pipeline.views import sheet
    from pipeline.views.renderer import Renderer

    known = params.read().views
    corpus = clip.partition("/")[0]
    name = view or next((key for key, item in known.items() if item.dataset == corpus), corpus)
    if name not in known:
        raise ConfigError(unknown(name, known, "views"))
    settings = known[name]
    table = tables.read(_index_path(settings.dataset)).set_index("id")
    if clip not in table.index:
        raise ConfigError(unknown(clip, table.index, f"clips of {settings.dataset}"))
    row = {str(key): str(value) for key, value in table.loc[clip].items()}
    path = Path("data/corpora") / settings.dataset / row["path"]
    if isinstance(settings, ImageViewSettings) and settings.scale == "dataset":
        settings = settings.model_copy(update={"scale": "clip"})
    renderer = Renderer(settings)
    before, after = renderer.wave(path)
    target = out or Path(f"{clip.replace('/', '_')}.{name}.png")
    heading = f"{clip}: {row['emotion']}, {row['speaker']}, as {name}"
    sheet.clip_picture(before, after, renderer.render(path, clip=clip), settings, heading, target)
    typer.echo(str(target))


@images.command("export")
@speaks
def images_export(
    view: Annotated[str, typer.Argument(help="An image view of params.yaml, such as demo-mel.")],
    folder: Annotated[Path, typer.Argument(help="Where the PNGs go.")],
) -> None:
    """Write every image of a packed view as a PNG.

    Example: ser images export demo-mel /tmp/images
    """
    from pipeline.config import params
    from pipeline.config.base import unknown
    from pipeline.core.errors import ConfigError
    from pipeline.views import sheet
    from pipeline.views.packed import open_view

    known = params.read().views
    if view not in known:
        raise ConfigError(unknown(view, known, "views"))
    if known[view].kind == "vector":
        raise ConfigError(f"views.{view}: rows of numbers, not images; take a mel or stft view")
    count = sheet.export(open_view(Path("data/views") / view), folder)
    typer.echo(f"{count} images in {folder}")


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


def _index_path(name: str) -> Path:
    return Path("data/index") / f"{name}.csv"


if __name__ == "__main__":
    app()
