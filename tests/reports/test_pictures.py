"""Single clips in a report."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.core.errors import ReportError
from pipeline.evaluation.evaluate import Evaluation
from pipeline.reports import pictures
from pipeline.views.packed import View, open_view
from tests.reports.examples import VIEW, ExampleRecipe


def opened(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))


@pytest.fixture
def predictions(found: Evaluation) -> pd.DataFrame:
    """What svm predicts in fold 0 with seed 0."""
    table = found.rows["svm"].table
    return table[(table["fold"] == 0) & (table["seed"] == 0)]


@pytest.fixture
def embeddings(toy: ExampleRecipe) -> pd.DataFrame:
    """The embeddings of the clips tested in fold 0."""
    return pictures.read_embeddings(toy.layout.embeddings("toy"), 0, 0)


def test_low_tones_are_at_the_bottom() -> None:
    image = np.zeros((4, 4), np.uint8)
    image[0] = 255
    shown = np.asarray(opened(pictures.png(image)).convert("L"))
    assert shown[-1].min() > shown[0].max()


def test_coloured_views_keep_their_colours() -> None:
    image = np.zeros((3, 4, 4), np.uint8)
    image[1] = 200
    assert opened(pictures.png(image)).getpixel((0, 0)) == (0, 200, 0)


def test_mistakes_come_in_order_of_confidence(toy: ExampleRecipe, found: Evaluation) -> None:
    wrong = pictures.wrong(found, open_view(toy.layout.view(VIEW)))
    confidence = [item.confidence for item in wrong]
    assert wrong and confidence == sorted(confidence, reverse=True)
    assert all(item.true != item.predicted and item.right <= item.confidence for item in wrong)


def test_a_view_of_numbers_has_no_pictures(toy: ExampleRecipe, found: Evaluation) -> None:
    view = open_view(toy.layout.view(VIEW))
    flat = View(np.zeros((len(view.table), 180), np.float32), view.table, view.about)
    assert {item.picture for item in pictures.wrong(found, flat)} == {None}


def test_a_map_marks_what_is_misclassified(
    embeddings: pd.DataFrame, predictions: pd.DataFrame
) -> None:
    places = pictures.landscape(embeddings, predictions)
    assert len(places) == len(predictions)
    assert places[["x", "y"]].min().min() == 0 and places[["x", "y"]].max().max() == 1
    predicted = predictions.set_index("clip")["predicted"]
    assert (places["predicted"] == places["clip"].map(predicted)).all()
    assert (places["right"] == (places["emotion"] == places["predicted"])).all()


def test_a_map_is_the_same_every_time(embeddings: pd.DataFrame, predictions: pd.DataFrame) -> None:
    first, second = (pictures.landscape(embeddings, predictions) for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_handful_of_clips_makes_no_map(
    embeddings: pd.DataFrame, predictions: pd.DataFrame
) -> None:
    assert pictures.landscape(embeddings.head(5), predictions).empty


def test_missing_embeddings_say_how_to_make_them(toy: ExampleRecipe) -> None:
    with pytest.raises(ReportError, match="make it with: ser run toy"):
        pictures.read_embeddings(toy.layout.embeddings("toy"), 9, 0)
