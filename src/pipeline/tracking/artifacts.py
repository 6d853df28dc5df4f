"""Files and data of runs: what a head predicts and confuses, and who was tested."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from pipeline.evaluation.predictions import Floats, confusions
from pipeline.tracking.outputs import identity, sha256
from pipeline.tracking.store import StoredRun
from pipeline.tracking.tree import Tree

PICTURE: Final = "confusion.png"
NUMBERS: Final = "confusion.json"
PREDICTIONS: Final = "predictions.csv"
DIGITS: Final = 6

TAG: Final = "files_sha256"
"""Says which predictions a summary's files were made of."""


def file_predictions(tree: Tree, run: StoredRun) -> bool:
    """Attach a head's predictions and confusion matrix to its summary.

    Args:
        tree: of the recipe.
        run: the summary.

    Returns:
        Whether they were missing; false too where no predictions are on disk.
    """
    head, outputs = run.tags["head"], tree.outputs
    state = identity("files", head=head, predictions=sha256(outputs.tested_file))
    if run.tags.get(TAG) == state or head not in outputs.tested_rows:
        return False
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(outputs.tested_rows[head], outputs.heads.emotions, run.name, folder)
        for path in sorted(folder.iterdir()):
            tree.store.attach(run.id, path)
    log_split(tree, run)
    tree.store.log(run.id, tags={TAG: state})
    return True


def log_split(tree: Tree, run: StoredRun) -> None:
    """Log who trains and who is tested as the data that a run has used."""
    path, metrics = tree.outputs.split_file, tree.outputs.metrics
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    facts = {name: metrics.get(name) for name in ("clips", "speakers", "folds", "protocol")}
    source = path.relative_to(tree.outputs.root).as_posix()
    facts["columns"] = columns
    tree.store.input(run.id, tree.facts["dataset"], sha256(path), source, facts)


def write(table: pd.DataFrame, emotions: Sequence[str], title: str, folder: Path) -> None:
    """Write the predictions of a head, its confusion matrix as numbers, and as a picture.

    Args:
        table: a row for every tested clip and seed.
        emotions: in order.
        title: what stands above the picture.
        folder: to write into.
    """
    table.to_csv(
        folder / PREDICTIONS, index=False, lineterminator="\n", float_format=f"%.{DIGITS}g"
    )
    counts, _ = confusions(table, emotions, "speaker")
    # Every seed tests the same clips: a mean over them counts each clip once.
    matrix = counts.sum(axis=0).mean(axis=0)
    support = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, support, out=np.zeros_like(matrix), where=support > 0)
    data = {
        "rows": "true",
        "columns": "predicted",
        "emotions": list(emotions),
        "counts": matrix.round(DIGITS).tolist(),
        "shares": shares.round(DIGITS).tolist(),
    }
    (folder / NUMBERS).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    draw(shares, emotions, title, folder / PICTURE)


def draw(shares: Floats, emotions: Sequence[str], title: str, path: Path) -> None:
    """Draw a confusion matrix; every row adds up to 100 %.

    Args:
        shares: true x predicted, of each row's clips.
        emotions: the names of rows and columns.
        title: what stands above it.
        path: of the picture.
    """
    from matplotlib.figure import Figure

    side = 1.6 + 0.62 * len(emotions)
    figure = Figure(figsize=(side + 0.4, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(emotions))
    axes.set_xticks(places, emotions, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, emotions)
    axes.set(xlabel="predicted", ylabel="true")
    axes.set_title(title, fontsize=10)
    for (row, column), share in np.ndenumerate(shares):
        shade = "white" if share > 0.5 else "#26323f"
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", color=shade, fontsize=8)
    axes.spines[:].set_visible(False)
    figure.savefig(path, dpi=120, metadata={"Software": None})
