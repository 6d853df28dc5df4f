"""Single clips in a report: the mistakes of highest confidence, and a map of clips."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from pipeline.core.errors import ReportError
from pipeline.evaluation.evaluate import Evaluation, seeds_averaged
from pipeline.training.run import Run
from pipeline.views.packed import View

SHOWN: Final = 12
MAPPED: Final = 1500
"""A map of more clips takes long and shows less: beyond this, every n-th is taken."""

FEWEST: Final = 12
COMPONENTS: Final = 50


@dataclass(frozen=True, slots=True)
class Wrong:
    """A clip that was misclassified with high confidence.

    Attributes:
        clip: its id.
        speaker: who speaks.
        true: its emotion.
        predicted: the emotion that was predicted.
        confidence: the probability of the predicted emotion.
        right: the probability of the true emotion.
        picture: a data address of its spectrogram; none for views of numbers.
    """

    clip: str
    speaker: str
    true: str
    predicted: str
    confidence: float
    right: float
    picture: str | None


def wrong(evaluation: Evaluation, view: View, shown: int = SHOWN) -> list[Wrong]:
    """The misclassified clips of highest confidence, the highest first.

    With several seeds their probabilities are averaged first, so that what is shown is a
    clip that they misclassify together.

    Args:
        evaluation: the figures.
        view: the recipe's view.
        shown: how many at most.
    """
    emotions = evaluation.outputs.emotions
    table = seeds_averaged(evaluation.headline.table, emotions)
    table = table[table["true"] != table["predicted"]].drop_duplicates("clip")
    probabilities = table[[f"p_{emotion}" for emotion in emotions]].to_numpy(dtype=float)
    table = table.assign(confidence=probabilities.max(axis=1))
    table = table.sort_values(["confidence", "clip"], ascending=[False, True]).head(shown)
    own = view.table[view.table["plane"] == ""]
    places = dict(zip(own["clip"], own.index, strict=True))
    images = view.array.ndim > 2
    return [
        Wrong(
            clip=str(row["clip"]),
            speaker=str(row["speaker"]),
            true=str(row["true"]),
            predicted=str(row["predicted"]),
            confidence=float(row["confidence"]),
            right=float(row[f"p_{row['true']}"]),
            picture=png(view.array[places[row["clip"]]]) if images else None,
        )
        for row in table.to_dict("records")
    ]


def png(image: npt.NDArray[np.uint8]) -> str:
    """A view's image as a data address, low tones at the bottom; grey in magma's colours."""
    grey = image.ndim == 2
    turned = np.ascontiguousarray((image if grey else np.moveaxis(image, 0, -1))[::-1])
    if grey:
        picture = Image.fromarray(turned, mode="P")
        shades = colormaps["magma"](np.arange(256))[:, :3]
        picture.putpalette((255 * shades).round().astype(np.uint8).tobytes())
    else:
        picture = Image.fromarray(turned)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def read_embeddings(folder: Path, fold: int, seed: int) -> pd.DataFrame:
    """The embeddings of a fold's tested clips by the network that leaves out no part.

    Raises:
        ReportError: the fold's embeddings are not there.
    """
    path = folder / f"{Run(fold, seed).name}.parquet"
    if not path.is_file():
        raise ReportError(f"{path}: not there; make it with: ser run {folder.name}")
    plain: list[Any] = [("role", "==", "test"), ("part", "==", -1), ("copy", "==", 0)]
    return pd.read_parquet(path, filters=plain).reset_index(drop=True)


def landscape(embeddings: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Where clips lie among each other: principal components, then t-SNE.

    Args:
        embeddings: of one fold's tested clips: clip, emotion, e000, e001, …
        predictions: of the same fold and seed by one head: clip, true, predicted.

    Returns:
        clip, emotion, predicted, right, x, y (both 0 to 1); no rows if there are too few clips.
    """
    keyed = [
        table.assign(nth=table.groupby("clip").cumcount()) for table in (embeddings, predictions)
    ]
    predicted = keyed[1][["clip", "nth", "predicted"]]
    joined = keyed[0].merge(predicted, on=["clip", "nth"], validate="one_to_one")
    joined = joined.iloc[:: -(-len(joined) // MAPPED) or 1].reset_index(drop=True)
    facts = joined[["clip", "emotion", "predicted"]]
    facts = facts.assign(right=joined["emotion"] == joined["predicted"])
    if len(joined) < FEWEST:
        return facts.iloc[:0].assign(x=0.0, y=0.0)
    names = [str(name) for name in joined if str(name)[0] == "e" and str(name)[1:].isdigit()]
    place = _flat(joined[names].to_numpy(dtype=np.float64))
    return facts.assign(x=place[:, 0], y=place[:, 1])


def thinned(count: int) -> bool:
    """Whether a map leaves clips out."""
    return count > MAPPED


def _flat(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # One thread: sums that are added in another order end in another map.
    with threadpool_limits(limits=1):
        fewer = min(COMPONENTS, *points.shape)
        main = PCA(fewer, svd_solver="full").fit_transform(points)
        close = min(30.0, (len(points) - 1) / 3)
        flat = TSNE(2, perplexity=close, init="pca", random_state=0, n_jobs=1).fit_transform(main)
    low, high = flat.min(axis=0), flat.max(axis=0)
    spread: Sequence[float] = np.maximum(high - low, 1e-9)
    return np.asarray((flat - low) / spread, dtype=np.float64)
