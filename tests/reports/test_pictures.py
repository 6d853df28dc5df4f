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
from tests.reports.examples import Kitchen


def opened(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))


@pytest.fixture
def answers(found: Evaluation) -> pd.DataFrame:
    """What svm told in fold 0 with seed 0."""
    table = found.rows["svm"].table
    return table[(table["fold"] == 0) & (table["seed"] == 0)]


@pytest.fixture
def embeddings(toy: Kitchen) -> pd.DataFrame:
    """What the network made of the clips tested in fold 0."""
    return pictures.read_embeddings(toy.root / "data/embeddings/toy", 0, 0)


def test_low_tones_are_at_the_bottom() -> None:
    image = np.zeros((4, 4), np.uint8)
    image[0] = 255
    shown = np.asarray(opened(pictures.png(image)).convert("L"))
    assert shown[-1].min() > shown[0].max()


def test_coloured_views_keep_their_colours() -> None:
    image = np.zeros((3, 4, 4), np.uint8)
    image[1] = 200
    assert opened(pictures.png(image)).getpixel((0, 0)) == (0, 200, 0)


def test_mistakes_come_surest_first(toy: Kitchen, found: Evaluation) -> None:
    wrong = pictures.wrong(found, open_view(toy.root / "data/views/toy-mel"))
    sure = [item.sure for item in wrong]
    assert sure == sorted(sure, reverse=True)
    assert all(item.true != item.predicted and item.right <= item.sure for item in wrong)


def test_a_view_of_numbers_has_no_pictures(toy: Kitchen, found: Evaluation) -> None:
    view = open_view(toy.root / "data/views/toy-mel")
    flat = View(np.zeros((len(view.table), 180), np.float32), view.table, view.about)
    assert {item.picture for item in pictures.wrong(found, flat)} == {None}


def test_a_map_marks_what_was_misheard(embeddings: pd.DataFrame, answers: pd.DataFrame) -> None:
    places = pictures.landscape(embeddings, answers)
    assert len(places) == len(answers)
    assert places[["x", "y"]].min().min() == 0 and places[["x", "y"]].max().max() == 1
    told = answers.set_index("clip")["predicted"]
    assert (places["predicted"] == places["clip"].map(told)).all()
    assert (places["right"] == (places["emotion"] == places["predicted"])).all()


def test_a_map_is_the_same_every_time(embeddings: pd.DataFrame, answers: pd.DataFrame) -> None:
    first, second = (pictures.landscape(embeddings, answers) for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_handful_of_clips_makes_no_map(embeddings: pd.DataFrame, answers: pd.DataFrame) -> None:
    assert pictures.landscape(embeddings.head(5), answers).empty


def test_missing_embeddings_name_their_stage(toy: Kitchen) -> None:
    with pytest.raises(ReportError, match="make it with: dvc repro embed@toy"):
        pictures.read_embeddings(toy.root / "data/embeddings/toy", 9, 0)
