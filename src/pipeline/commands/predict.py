"""``ser predict``: the emotions of recordings."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pipeline.core.errors import exit_on_error

if TYPE_CHECKING:
    from pipeline.package.listener import Prediction


class Format(StrEnum):
    """How predictions are printed."""

    table = "table"
    csv = "csv"
    json = "json"


class Engine(StrEnum):
    """The runtime of the networks."""

    onnx = "onnx"
    int8 = "int8"
    pruned = "pruned"
    torch = "torch"


def predict(
    paths: Annotated[
        list[str],
        typer.Argument(help="Recordings, folders or patterns; - reads a list from standard input."),
    ],
    model: Annotated[
        str | None,
        typer.Option(help="An export's name or folder; by default the only one in exports/."),
    ] = None,
    shape: Annotated[
        Format, typer.Option("--format", help="How predictions are printed.")
    ] = Format.table,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="A line for each window of a long recording.")
    ] = False,
    to: Annotated[Path | None, typer.Option(help="Write to this file and not the screen.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 1,
    engine: Annotated[
        Engine | None,
        typer.Option(help="Runtime of the networks; by default onnx where it was exported."),
    ] = None,
) -> None:
    """Predict the emotions of recordings.

    A recording of any length and rate: WAV, FLAC, MP3, Ogg, Opus, AIFF; M4A, AAC, MP4 and WebM
    of phones and browsers. What cannot be used is named with the reason, the rest is done, and
    the exit status is 1. Recordings over two windows long are predicted window by window.

    Examples:
      ser predict voice.wav
      ser predict recordings/ --format csv --to predictions.csv --processes 4
      find . -name "*.flac" | ser predict - --model demo --format json
    """
    with exit_on_error():
        predictions, broken, folder = _predict(paths, model, engine, processes)
        if to is None:
            _print(sys.stdout, predictions, broken, folder, shape, timeline)
        else:
            from pipeline.core.storage import atomic_write

            with (
                atomic_write(to) as partial,
                partial.open("w", newline="", encoding="utf-8") as file,
            ):
                _print(file, predictions, broken, folder, shape, timeline)
    for line in broken:
        typer.echo(f"error: {line}", err=True)
    typer.echo(f"{len(predictions)} predicted, {len(broken)} could not be used", err=True)
    if broken:
        raise typer.Exit(1)


def _predict(
    paths: list[str], model: str | None, engine: Engine | None, processes: int
) -> tuple[list[tuple[Path, Prediction]], list[str], Path]:
    from tqdm import tqdm

    from pipeline.core.errors import AudioError, PackageError
    from pipeline.package import find
    from pipeline.serving.batch import predict_all

    folder = find.package(model)
    files = list(find.recordings(paths, sys.stdin if find.STDIN in paths else ()))
    if not files:
        known = ", ".join(sorted(find.SOUNDS))
        raise PackageError(
            f"no recordings in {', '.join(paths)}; in folders, files count that end in {known}: "
            "name any other by itself"
        )
    runtime = engine.value if engine else find.runtime(folder)
    predictions, broken = [], []
    with tqdm(total=len(files), desc="predicting", unit="clip", disable=len(files) < 2) as bar:
        for path, prediction in predict_all(files, folder, runtime, processes):
            bar.update()
            if isinstance(prediction, AudioError):
                broken.append(str(prediction))
            else:
                predictions.append((path, prediction))
    return predictions, broken, folder


def _print(
    file: IO[str],
    predictions: list[tuple[Path, Prediction]],
    broken: list[str],
    folder: Path,
    shape: Format,
    timeline: bool,
) -> None:
    rows = [row for path, prediction in predictions for row in _rows(path, prediction, timeline)]
    if shape is Format.json:
        found = [{"path": str(path), **item.as_dict()} for path, item in predictions]
        data = {"model": str(folder), "recordings": found, "broken": broken}
        file.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    elif shape is Format.csv:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else ["path"])
        writer.writeheader()
        writer.writerows(rows)
    elif rows:
        table = Table()
        table.add_column("recording", overflow="fold")
        for column in (*(["from", "to"] if timeline else []), "emotion", "probability", "second"):
            table.add_column(column)
        for row in rows:
            each = {key[2:]: value for key, value in row.items() if key.startswith("p_")}
            second = sorted(each, key=lambda emotion: -each[emotion])[1]
            table.add_row(
                row["path"],
                *([f"{row['start']:.1f}", f"{row['end']:.1f}"] if timeline else []),
                row["emotion"],
                f"{100 * each[row['emotion']]:.0f} %",
                f"{second} {100 * each[second]:.0f} %",
            )
        Console(file=file).print(table)


def _rows(path: Path, prediction: Prediction, timeline: bool) -> list[dict[str, Any]]:
    """A row for the recording, or one for each of its windows."""
    whole = [(0.0, prediction.seconds, prediction.probabilities)]
    windows = [(item.start, item.end, item.probabilities) for item in prediction.windows]
    rows = []
    for start, end, probabilities in windows if timeline else whole:
        named = dict(zip(prediction.emotions, probabilities, strict=True))
        rows.append(
            {
                "path": str(path),
                "start": round(start, 3),
                "end": round(end, 3),
                "emotion": max(named, key=lambda emotion: named[emotion]),
                **{f"p_{emotion}": round(value, 6) for emotion, value in named.items()},
            }
        )
    return rows
