"""What knowing nothing of the recordings gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.core.errors import ProtocolError
from pipeline.evaluation import predictions as tables


def baselines(
    train: Mapping[int, Sequence[str]], test: pd.DataFrame, emotions: Sequence[str], seed: int = 0
) -> pd.DataFrame:
    """Predictions of the heads ``majority`` and ``random``.

    ``majority`` always predicts its fold's most frequent training emotion (the first in
    ``emotions`` among equals), with the training shares as probabilities. ``random``
    predicts any of the emotions with equal probability, drawn anew in each fold and seed.

    Args:
        train: the training side's emotions, fold by fold.
        test: the tested rows (clip, fold, seed, speaker, true) or one head's predictions,
            which are replaced. Further columns are kept.
        emotions: in order.
        seed: of the draws.
    """
    tables.require(test, ["clip", "fold", "seed"])
    names = [f"p_{emotion}" for emotion in emotions]
    facts = test.drop(columns=["head", "predicted", *names], errors="ignore")
    parts: list[pd.DataFrame] = []
    for fold, run in sorted(set(zip(test["fold"], test["seed"], strict=True))):
        rows = facts[(test["fold"] == fold) & (test["seed"] == run)]
        if not len(train.get(fold, ())):
            raise ProtocolError(f"fold {fold} is tested and has no training labels")
        trained = tables.codes(pd.DataFrame({"label": list(train[fold])}), "label", emotions)
        shares = np.bincount(trained, minlength=len(emotions)) / len(trained)
        evenly = np.full(len(emotions), 1 / len(emotions))
        rng = np.random.default_rng([seed, fold, run])
        for head, probabilities, predicted in (
            ("majority", shares, np.full(len(rows), shares.argmax())),
            ("random", evenly, rng.integers(len(emotions), size=len(rows))),
        ):
            columns = dict(zip(names, probabilities, strict=True))
            labels = [emotions[place] for place in predicted]
            parts.append(rows.assign(head=head, predicted=labels, **columns))
    return pd.concat(parts, ignore_index=True)
