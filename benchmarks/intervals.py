"""How fast an interval over speakers is drawn, against resampling the table of predictions.

The plain way draws speakers, joins their rows and scores the joined table with scikit-learn;
ours counts each speaker's confusions once and scores all draws together. Both draw from the
same table of 24 speakers.

    python benchmarks/intervals.py            # 2000 draws of 1440 clips
    python benchmarks/intervals.py --quick    # 100 draws
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score

from pipeline.evaluation.intervals import bootstrap

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
SPEAKERS, CLIPS = 24, 60


def predictions() -> pd.DataFrame:
    """One head's predictions, right six times in ten."""
    rng = np.random.default_rng(0)
    true = rng.integers(len(EMOTIONS), size=SPEAKERS * CLIPS)
    other = rng.integers(len(EMOTIONS), size=len(true))
    predicted = np.where(rng.random(len(true)) < 0.6, true, other)
    return pd.DataFrame(
        {
            "clip": [f"lab/{place}" for place in range(len(true))],
            "seed": 0,
            "speaker": [f"s{place % SPEAKERS:02}" for place in range(len(true))],
            "true": np.array(EMOTIONS)[true],
            "predicted": np.array(EMOTIONS)[predicted],
        }
    )


def plain(table: pd.DataFrame, draws: int) -> tuple[float, float]:
    """The interval as one would draw it at first."""
    speakers = [rows for _, rows in table.groupby("speaker")]
    rng = np.random.default_rng(0)
    figures: list[float] = []
    for _ in range(draws):
        rows = pd.concat([speakers[place] for place in rng.integers(SPEAKERS, size=SPEAKERS)])
        figures.append(balanced_accuracy_score(rows["true"], rows["predicted"]))
    low, high = np.quantile(figures, [0.025, 0.975])
    return float(low), float(high)


def ours(table: pd.DataFrame, draws: int) -> tuple[float, float]:
    """The interval as reports have it."""
    found = bootstrap(table, EMOTIONS, resamples=draws)
    return found.low, found.high


def seconds(work: Callable[[], tuple[float, float]]) -> tuple[float, tuple[float, float]]:
    """How long work takes, and what it gives."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def main() -> None:
    """Time both, in turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer draws")
    draws = 100 if parser.parse_args().quick else 2000
    table = predictions()
    times: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(3):
        for name, work in (("plain", plain), ("ours", ours)):
            took, ends = seconds(lambda work=work: work(table, draws))  # type: ignore[misc]
            times[name].append(took)
            print(f"{name}: {draws} draws in {took:.3f} s, {ends[0]:.3f} to {ends[1]:.3f}")
    ratio = min(times["plain"]) / min(times["ours"])
    print(f"ratio {ratio:.2f} (interval over speakers against resampling the table)")


if __name__ == "__main__":
    main()
