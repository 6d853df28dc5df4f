"""Figures against scikit-learn's, and intervals against simulated truth."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from sklearn.calibration import calibration_curve

from pipeline.core import scores
from pipeline.core.errors import ProtocolError
from pipeline.evaluation import metrics
from pipeline.evaluation.baselines import baselines
from pipeline.evaluation.calibration import reliability
from pipeline.evaluation.intervals import Difference, Interval, bootstrap, by_group, paired
from pipeline.evaluation.metrics import METRICS, class_scores, confusion, score

EMOTIONS = ("sad", "angry", "happy")  # not sorted, as a dataset's need not be
NAMES = [f"p_{emotion}" for emotion in EMOTIONS]
COUNTED = [name for name, metric in METRICS.items() if metric.of_counts]


def simulated(
    speakers: int = 12, clips: int = 30, seeds: int = 2, spread: float = 0.15, seed: int = 0
) -> pd.DataFrame:
    """Speakers who are recognised with their own rate around 0.6; two folds."""
    rng = np.random.default_rng(seed)
    size = seeds * speakers * clips
    run, speaker, clip = (place.ravel() for place in np.indices((seeds, speakers, clips)))
    rate = np.clip(rng.normal(0.6, spread, speakers), 0, 1)[speaker]
    true = np.tile(rng.integers(3, size=speakers * clips), seeds)
    wrong = (true + rng.integers(1, 3, size=size)) % 3
    predicted = np.where(rng.random(size) < rate, true, wrong)
    probabilities = np.sort(rng.dirichlet(np.ones(3), size=size))
    order = (predicted[:, None] + np.array([1, 2, 3])) % 3  # the largest goes to the predicted
    np.put_along_axis(probabilities, order, probabilities.copy(), axis=1)
    facts = {
        "clip": [f"{who}-{what}" for who, what in zip(speaker, clip, strict=True)],
        "fold": speaker % 2,
        "seed": run,
        "head": "linear",
        "speaker": [f"s{who:02}" for who in speaker],
        "sex": np.where(speaker % 3, "male", "female"),
        "true": np.array(EMOTIONS)[true],
        "predicted": np.array(EMOTIONS)[predicted],
    }
    return pd.DataFrame({**facts, **dict(zip(NAMES, probabilities.T, strict=True))})


def small(*pairs: tuple[str, str]) -> pd.DataFrame:
    """One clip for each pair of true and predicted emotion; certain; two speakers."""
    return pd.DataFrame(
        [
            {
                "clip": str(place),
                "fold": 0,
                "seed": 0,
                "speaker": "ab"[place % 2],
                "true": true,
                "predicted": predicted,
                **{f"p_{name}": float(name == predicted) for name in EMOTIONS},
            }
            for place, (true, predicted) in enumerate(pairs)
        ]
    )


def width(interval: Interval) -> float:
    return interval.high - interval.low


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_scikit_learn(seed: int) -> None:
    table = simulated(seeds=1, seed=seed)
    found = score(table, EMOTIONS)
    true, predicted = table["true"], table["predicted"]
    assert found["uar"] == pytest.approx(sklearn.metrics.balanced_accuracy_score(true, predicted))
    assert found["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(true, predicted))
    for name in ("precision", "recall", "f1"):
        wanted = getattr(sklearn.metrics, f"{name}_score")(true, predicted, average="macro")
        assert found[f"macro_{name}"] == pytest.approx(wanted)
    alphabetical = sorted(EMOTIONS)
    wanted = sklearn.metrics.log_loss(true, table[[f"p_{name}" for name in alphabetical]])
    assert found["log_loss"] == pytest.approx(wanted)


def test_scores_of_emotions_are_those_of_scikit_learn() -> None:
    table = simulated()
    true, predicted = table["true"], table["predicted"]
    report = sklearn.metrics.classification_report(true, predicted, output_dict=True)
    found = class_scores(table, EMOTIONS)
    for emotion in EMOTIONS:
        values = {**report[emotion], "f1": report[emotion]["f1-score"]}
        for name, value in dataclasses.asdict(found[emotion]).items():
            assert value == pytest.approx(values[name])
    matrix = sklearn.metrics.confusion_matrix(true, predicted, labels=EMOTIONS)
    assert confusion(table, EMOTIONS) == tuple(map(tuple, matrix.tolist()))


def test_training_chooses_by_the_same_uar() -> None:
    table = simulated(seeds=1)
    same = scores.uar(table["true"].to_numpy(), table["predicted"].to_numpy())
    assert score(table, EMOTIONS)["uar"] == pytest.approx(same)


@pytest.mark.parametrize("name", METRICS)
def test_a_figure_is_the_mean_over_seeds_of_all_folds_together(name: str) -> None:
    table = simulated(seeds=3)
    table = table[(table["seed"] > 0) | (table["speaker"] != "s00")]
    seeds = [score(rows, EMOTIONS)[name] for _, rows in table.groupby("seed")]
    assert len(set(seeds)) == 3
    assert score(table, EMOTIONS)[name] == pytest.approx(np.mean(seeds))


@pytest.mark.parametrize("name", COUNTED)
def test_the_middle_of_an_interval_is_the_figure(name: str) -> None:
    table = simulated(seeds=3)
    wanted = score(table, EMOTIONS)[name]
    assert bootstrap(table, EMOTIONS, name, resamples=10).mean == pytest.approx(wanted)


def test_an_interval_needs_a_metric_of_counts() -> None:
    with pytest.raises(ProtocolError, match="'log_loss' is no metric of counts"):
        bootstrap(simulated(), EMOTIONS, "log_loss")


def test_every_metric_says_what_it_is() -> None:
    assert next(iter(METRICS)) == "uar"
    for metric in METRICS.values():
        assert metric.title and metric.explanation.endswith(".")
        assert (metric.of_counts is None) != (metric.of_rows is None)


def test_one_function_more_is_one_metric_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS", known := dict(METRICS))

    @metrics.probabilistic("Brier score", higher_is_better=False, percent=False)
    def brier(rows: metrics.Rows) -> float:
        """Mean squared distance of the probabilities from the truth."""
        truth = np.eye(rows.probabilities.shape[1])[rows.true]
        return float(((rows.probabilities - truth) ** 2).sum(axis=1).mean())

    assert list(known)[-1] == "brier"
    certain = small(("sad", "sad"), ("sad", "angry"))
    assert score(certain, EMOTIONS)["brier"] == pytest.approx(1.0)
    assert (
        known["brier"].explanation == "Mean squared distance of the probabilities from the truth."
    )


def test_a_small_example() -> None:
    table = small(("sad", "sad"), ("sad", "angry"), ("angry", "angry"))
    assert confusion(table, EMOTIONS) == ((1, 1, 0), (0, 1, 0), (0, 0, 0))
    found = score(table, EMOTIONS)
    assert found["uar"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["calibration_error"] == pytest.approx(1 / 3)


def test_an_emotion_that_does_not_occur_does_not_count() -> None:
    table = small(("sad", "sad"), ("sad", "happy"), ("angry", "angry"), ("angry", "angry"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = score(table, EMOTIONS)
        interval = bootstrap(table, EMOTIONS, resamples=200)
    assert found["uar"] == interval.mean == pytest.approx(0.75)
    assert class_scores(table, EMOTIONS)["happy"].support == 0
    assert bootstrap(table, EMOTIONS, "macro_f1", 10).mean == pytest.approx(found["macro_f1"])


def test_a_draw_without_an_emotion_averages_over_the_others() -> None:
    """Speaker a is always sad and right, b always angry and wrong."""
    table = small(("sad", "sad"), ("angry", "happy"))
    interval = bootstrap(table, EMOTIONS, resamples=500)
    assert interval == Interval(0.5, 0.0, 1.0)


def test_calibration_is_binned_as_scikit_learn_bins() -> None:
    table = simulated(seeds=1)
    points = reliability(table)
    top = table[NAMES].max(axis=1)
    right = (table["true"] == table["predicted"]).astype(int)
    accuracy, confidence = calibration_curve(right, top, n_bins=15)
    np.testing.assert_allclose(points["accuracy"], accuracy)
    np.testing.assert_allclose(points["confidence"], confidence)
    assert points["count"].sum() == len(table)
    assert (points["low"] <= points["confidence"]).all()
    assert (points["confidence"] <= points["high"]).all()
    gaps = np.abs(accuracy - confidence) @ points["count"] / len(table)
    assert score(table, EMOTIONS)["calibration_error"] == pytest.approx(gaps)


def test_probabilities_may_be_rounded() -> None:
    table = simulated()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rounded = score(table.round(dict.fromkeys(NAMES, 5)), EMOTIONS)
    assert rounded["log_loss"] == pytest.approx(score(table, EMOTIONS)["log_loss"], abs=1e-3)


def test_drawing_agrees_with_drawing_by_hand() -> None:
    table = simulated(speakers=8)
    rng = np.random.default_rng(3)
    by_speaker = [rows for _, rows in table.groupby("speaker")]
    figures: list[float] = []
    for _ in range(120):
        drawn = pd.concat([by_speaker[place] for place in rng.integers(8, size=8)])
        figures.append(sklearn.metrics.balanced_accuracy_score(drawn["true"], drawn["predicted"]))
    interval = bootstrap(table, EMOTIONS)
    assert [interval.low, interval.high] == pytest.approx(
        np.quantile(figures, [0.025, 0.975]), abs=0.03
    )


def test_intervals_contain_the_truth_about_as_often_as_they_say() -> None:
    hits = 0
    for seed in range(60):
        interval = bootstrap(simulated(24, 20, 1, seed=seed), EMOTIONS, resamples=400, seed=seed)
        hits += interval.low <= 0.6 <= interval.high
    assert hits >= 51


def test_fewer_speakers_or_a_higher_level_widen_the_interval() -> None:
    few, many = (
        np.mean([width(bootstrap(simulated(*size, seed=seed), EMOTIONS)) for seed in range(5)])
        for size in ((6, 120), (48, 15))
    )
    assert few > 1.5 * many
    table = simulated()
    assert width(bootstrap(table, EMOTIONS, level=0.99)) > width(bootstrap(table, EMOTIONS))


def test_drawing_speakers_is_wider_than_drawing_clips_when_speakers_differ() -> None:
    table = simulated(12, 60, spread=0.25)
    clips = table.assign(speaker=table["clip"])
    assert width(bootstrap(table, EMOTIONS)) > 2 * width(bootstrap(clips, EMOTIONS))


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    table, other = simulated(), simulated(seed=1)
    other[["clip", "true"]] = table[["clip", "true"]]
    shuffled = table.sample(frac=1, random_state=0)
    assert bootstrap(table, EMOTIONS) == bootstrap(shuffled, EMOTIONS)
    assert bootstrap(table, EMOTIONS) != bootstrap(table, EMOTIONS, seed=1)
    assert paired(table, other, EMOTIONS) == paired(shuffled, other, EMOTIONS)


@pytest.mark.parametrize("name", COUNTED)
def test_identical_tables_do_not_differ(name: str) -> None:
    table = simulated()
    assert paired(table, table, EMOTIONS, name, permutations=500) == Difference(0, 0, 0, 1)


def test_a_small_but_steady_difference_shows_when_paired() -> None:
    worse = simulated(24, spread=0.25)
    better = worse.copy()
    repaired = better.index[better["true"] != better["predicted"]][::6]
    better.loc[repaired, "predicted"] = better.loc[repaired, "true"]
    found = paired(better, worse, EMOTIONS)
    expected = score(better, EMOTIONS)["uar"] - score(worse, EMOTIONS)["uar"]
    assert found.mean == pytest.approx(expected)
    assert 0 < found.low < found.mean < found.high
    assert found.p < 0.01
    assert width(found) < width(bootstrap(worse, EMOTIONS))
    back = paired(worse, better, EMOTIONS)
    assert (back.mean, back.low, back.high) == pytest.approx((-found.mean, -found.high, -found.low))


def test_few_speakers_swap_in_every_way() -> None:
    """Three speakers, all better: two of the eight swaps are as extreme."""
    worse = simulated(3)
    better = worse.assign(predicted=worse["true"])
    assert paired(better, worse, EMOTIONS).p == pytest.approx(2 / 8)


def test_chance_differences_are_rarely_called_real() -> None:
    values = []
    for seed in range(20):
        a, b = simulated(seed=2 * seed), simulated(seed=2 * seed + 1)
        b[["clip", "true"]] = a[["clip", "true"]]
        rng = np.random.default_rng(seed)
        b["predicted"] = np.where(rng.random(len(b)) < 0.6, b["true"], "sad")
        a["predicted"] = np.where(rng.random(len(a)) < 0.6, a["true"], "sad")
        values.append(paired(a, b, EMOTIONS, resamples=10, permutations=200).p)
    assert np.mean(np.array(values) < 0.05) <= 0.2
    assert np.mean(values) > 0.3


def test_tables_of_different_numbers_of_seeds_can_be_paired() -> None:
    three = simulated(seeds=3)
    two = three[three["seed"] > 0]
    expected = (
        bootstrap(three, EMOTIONS, "macro_f1").mean - bootstrap(two, EMOTIONS, "macro_f1").mean
    )
    assert paired(three, two, EMOTIONS, "macro_f1").mean == pytest.approx(expected)


@pytest.mark.parametrize("column", ["clip", "speaker", "true"])
def test_tables_of_other_clips_cannot_be_paired(column: str) -> None:
    table = simulated()
    other = table.copy()
    other.loc[0, column] = {"clip": "x", "speaker": "s05"}.get(
        column, "sad" if table.loc[0, "true"] != "sad" else "angry"
    )
    with pytest.raises(ProtocolError, match="cannot be paired"):
        paired(table, other, EMOTIONS)
    with pytest.raises(ProtocolError, match="cannot be paired"):
        paired(table, table.drop(index=0), EMOTIONS)


def test_baselines_know_the_training_side_and_nothing_else() -> None:
    test = simulated()
    train = {0: ["sad", "angry", "angry", "angry"], 1: ["sad", "happy", "sad", "happy"]}
    found = baselines(train, test, EMOTIONS)
    assert list(found["head"].unique()) == ["majority", "random"]
    majority = found[found["head"] == "majority"]
    predicted = majority.groupby("fold")["predicted"].unique()
    assert list(predicted[0]) == ["angry"]
    assert list(predicted[1]) == ["sad"]
    assert majority[majority["fold"] == 0][NAMES].drop_duplicates().to_numpy().tolist() == [
        [0.25, 0.75, 0.0]
    ]
    random = found[found["head"] == "random"]
    assert score(random, EMOTIONS)["uar"] == pytest.approx(1 / 3, abs=0.06)
    assert score(random, EMOTIONS)["log_loss"] == pytest.approx(np.log(3))
    first, second = (rows["predicted"].to_numpy() for _, rows in random.groupby("seed"))
    assert not np.array_equal(first, second)
    for rows in (majority, random):
        keys = ["clip", "fold", "seed", "sex", "true"]
        pd.testing.assert_frame_equal(
            rows[keys].sort_values(keys, ignore_index=True),
            test[keys].sort_values(keys, ignore_index=True),
        )
        assert isinstance(paired(test, rows, EMOTIONS, permutations=50), Difference)
    pd.testing.assert_frame_equal(found, baselines(train, test, EMOTIONS))
    assert not found.equals(baselines(train, test, EMOTIONS, seed=1))


def test_a_fold_without_training_labels_has_no_baseline() -> None:
    with pytest.raises(ProtocolError, match="fold 1 is tested and has no training labels"):
        baselines({0: ["sad"], 1: []}, simulated(), EMOTIONS)


@pytest.mark.parametrize("column", ["speaker", "sex"])
def test_groups_have_the_figures_of_their_rows(column: str) -> None:
    table = simulated()
    found = by_group(table, EMOTIONS, column)
    assert found[column].tolist() == sorted(set(table[column]))
    for line in found.to_dict("records"):
        rows = table[table[column] == line[column]]
        figures = score(rows, EMOTIONS)
        assert [line["uar"], line["accuracy"], line["clips"]] == pytest.approx(
            [figures["uar"], figures["accuracy"], rows["clip"].nunique()]
        )


def test_a_group_is_scored_by_the_seeds_that_test_it() -> None:
    table = simulated()
    table = table[(table["speaker"] != "s00") | (table["seed"] == 0)]
    found = by_group(table, EMOTIONS, "speaker").set_index("speaker")
    wanted = score(table[table["speaker"] == "s00"], EMOTIONS)["uar"]
    assert found.loc["s00", "uar"] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.iloc[:0], "no rows"),
        (lambda table: table.drop(columns="p_sad"), "lacks column 'p_sad'"),
        (lambda table: table.assign(true="bored"), "'bored' in column 'true' is none of sad"),
        (lambda table: table.assign(predicted=None), "lacks column 'predicted'"),
        (lambda table: table.assign(p_sad=2.0), "must sum to one"),
        (lambda table: table.assign(head=["a", "b"] * (len(table) // 2)), "mixes heads"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], words: str
) -> None:
    with pytest.raises(ProtocolError, match=words):
        score(change(simulated()), EMOTIONS)


def test_one_speaker_has_no_interval() -> None:
    with pytest.raises(ProtocolError, match="at least two"):
        bootstrap(simulated(1), EMOTIONS)


def test_unknown_groups_and_missing_speakers_are_refused() -> None:
    with pytest.raises(ProtocolError, match="lacks column 'age'"):
        by_group(simulated(), EMOTIONS, "age")
    with pytest.raises(ProtocolError, match="lacks column 'speaker'"):
        bootstrap(simulated().drop(columns="speaker"), EMOTIONS)


def test_every_pair_of_labels_lands_in_its_cell() -> None:
    pairs = list(itertools.product(EMOTIONS, EMOTIONS))
    assert confusion(small(*pairs), EMOTIONS) == ((1, 1, 1),) * 3
