"""``ser``: run recipes, look at datasets and results, serve models, from a shell."""

from __future__ import annotations

import typer

from pipeline.commands import config, dataset, images, paper, recipe, report
from pipeline.commands.app import app as serve
from pipeline.commands.export import export
from pipeline.commands.people import people
from pipeline.commands.predict import predict
from pipeline.commands.reproduce import reproduce
from pipeline.commands.run import run
from pipeline.commands.track import track

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A workbench for speech-emotion recognition that anyone can rebuild.\n\n"
    "Run a recipe (ser run demo, or dvc repro), look at it (ser report show demo), "
    "compare runs (make ui).",
)
app.command("run")(run)
app.command("reproduce")(reproduce)
app.add_typer(recipe.app, name="recipe")
app.add_typer(report.app, name="report")
app.add_typer(config.app, name="config")
app.add_typer(dataset.app, name="dataset")
app.add_typer(images.app, name="images")
app.add_typer(paper.app, name="paper")
app.add_typer(track, name="track")
app.command("export")(export)
app.command("predict")(predict)
app.command("app")(serve)
app.add_typer(people, name="people")

if __name__ == "__main__":
    app()
