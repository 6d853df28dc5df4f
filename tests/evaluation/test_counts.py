"""Confusion counts stand in for the predictions that they were counted from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import ReportError
from pipeline.evaluation import counts, intervals

EMOTIONS = ("happy", "sad", "angry")


def predictions(seeds: int, skill: float, draw: int) -> pd.DataFrame:
    """Predictions of which a share is right: four speakers of two corpora, 18 clips each."""
    rng = np.random.default_rng(draw)
    rows = [
        {
            "clip": f"{corpus}/{speaker}-{number}",
            "fold": 0,
            "seed": seed,
            "head": "svm",
            "speaker": speaker,
            "true": (true := EMOTIONS[number % 3]),
            "predicted": true if rng.random() < skill else EMOTIONS[rng.integers(3)],
        }
        for seed in range(seeds)
        for corpus, speaker in (("lab", "a"), ("lab", "b"), ("home", "c"), ("home", "d"))
        for number in range(18)
    ]
    return pd.DataFrame(rows)


def stored(tables: dict[str, pd.DataFrame], folder: Path) -> dict[str, counts.Counts]:
    folder.mkdir(exist_ok=True)
    counts.write(tables, EMOTIONS, folder)
    return counts.read(folder, EMOTIONS)


@pytest.mark.parametrize("metric", ["uar", "accuracy"])
def test_they_give_the_same_interval(metric: str, tmp_path: Path) -> None:
    table = predictions(seeds=3, skill=0.6, draw=0)
    confusions = stored({"svm": table}, tmp_path)["svm"].confusions
    found = intervals.bootstrap_confusions(confusions, metric)
    expected = intervals.bootstrap(table, EMOTIONS, metric)
    assert (found.mean, found.low, found.high) == pytest.approx(
        (expected.mean, expected.low, expected.high)
    )


@pytest.mark.parametrize("metric", ["uar", "accuracy"])
def test_they_give_the_same_difference_whatever_the_seeds(metric: str, tmp_path: Path) -> None:
    one, other = predictions(2, 0.7, draw=1), predictions(3, 0.4, draw=2)
    first, second = (
        stored({"svm": table}, tmp_path / name)["svm"].confusions
        for name, table in (("one", one), ("other", other))
    )
    found = intervals.paired_confusions(first, second, metric)
    expected = intervals.paired(one, other, EMOTIONS, metric)
    assert (found.mean, found.low, found.high, found.p) == pytest.approx(
        (expected.mean, expected.low, expected.high, expected.p)
    )


def test_one_corpus_can_be_looked_at_alone(tmp_path: Path) -> None:
    found = stored({"svm": predictions(1, 0.5, draw=3)}, tmp_path)["svm"].of_corpus("home")
    assert found.speakers == ("c", "d")
    assert found.confusions.sum() == 36


def test_each_head_has_its_own(tmp_path: Path) -> None:
    tables = {"svm": predictions(1, 1.0, draw=4), "mlp": predictions(1, 0.0, draw=5)}
    found = stored(tables, tmp_path)
    right = {head: np.trace(found[head].confusions.sum(axis=(0, 1))) for head in tables}
    assert right["svm"] == 72 > right["mlp"]


def test_an_absent_table_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"counts\.csv: not there; make it with: ser run demo"):
        counts.read(tmp_path / "demo", EMOTIONS)


def test_a_table_of_other_emotions_is_refused(tmp_path: Path) -> None:
    counts.write({"svm": predictions(1, 0.5, draw=6)}, EMOTIONS, tmp_path)
    with pytest.raises(ReportError, match="is not the table of this recipe's counts"):
        counts.read(tmp_path, ("happy", "calm"))
