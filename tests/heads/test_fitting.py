"""All heads of a recipe on one fold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import ConfigError, HeadError
from pipeline.heads import fitting, registry
from pipeline.heads.about import HeadFacts
from pipeline.heads.fitting import FittedHead
from tests.heads import blobs

ALL = tuple(blobs.SETTINGS)


def fit(
    table: pd.DataFrame, *names: str, validated: bool = True, **changes: dict[str, Any]
) -> tuple[dict[str, FittedHead], pd.DataFrame]:
    known = blobs.heads(**changes)
    fitted, predictions = fitting.fit_heads(
        table,
        blobs.EMOTIONS,
        {name: known[name] for name in names},
        validated=validated,
        where="heads.tiny",
    )
    return {head.name: head for head in fitted}, predictions


def facts(head: FittedHead, folder: Path) -> HeadFacts:
    files = fitting.save(head, folder / "fold-0-seed-0")
    return fitting.facts(head, files, folder, fold=0, seed=0, network="abc")


def test_every_head_predicts_validation_and_test_clips() -> None:
    table = blobs.table()
    fitted, predictions = fit(table, *ALL)
    assert list(fitted) == list(ALL)
    for name, rows in predictions.groupby("head"):
        assert rows["role"].value_counts().to_dict() == {"validation": 12, "test": 12}, name
        assert (rows["true"] == rows["predicted"]).mean() > 0.5, name
    probabilities = predictions[[f"p_{emotion}" for emotion in blobs.EMOTIONS]]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    truth = table[table["copy"] == 0].set_index("clip")["emotion"]
    assert (predictions["true"] == predictions["clip"].map(truth)).all()


def test_labels_of_test_clips_reach_nothing_but_the_column_true(tmp_path: Path) -> None:
    table = blobs.table(copies=1)
    shuffled = table.copy()
    tested = shuffled["role"] == "test"
    rng = np.random.default_rng(0)
    shuffled.loc[tested, "emotion"] = rng.permutation(shuffled.loc[tested, "emotion"])
    assert not shuffled.equals(table)
    choosing: dict[str, Any] = {
        "svm": {"C": [0.1, 1, 10], "calibration": "validation"},
        "xgboost": {"early_stopping": 3, "search": {"trials": 2, "seed": 0}},
    }
    found = {}
    for name, rows in (("true", table), ("shuffled", shuffled)):
        fitted, predictions = fit(rows, *ALL, **choosing)
        described = [facts(each, tmp_path / name) for each in fitted.values()]
        found[name] = (described, predictions)
    assert found["true"][0] == found["shuffled"][0]
    one, other = (found[name][1].drop(columns="true") for name in found)
    pd.testing.assert_frame_equal(one, other)
    assert not found["true"][1]["true"].equals(found["shuffled"][1]["true"])


def test_softmax_is_the_main_networks_own_prediction() -> None:
    table = blobs.table(parts=2)
    _, predictions = fit(table, "softmax")
    own = table[(table["part"] == -1) & (table["role"] == "test")].set_index("clip")
    tested = predictions[predictions["role"] == "test"].set_index("clip")
    np.testing.assert_allclose(tested["p_sad"], own["p_sad"].loc[tested.index], atol=1e-6)


def test_copies_are_learned_from_and_never_predicted() -> None:
    plain, predictions = fit(blobs.table(), "svm")
    copied, more = fit(blobs.table(copies=3), "svm")
    assert len(more) == len(predictions)
    vectors = [each["svm"].fitted[0]["support_vectors"] for each in (plain, copied)]
    assert vectors[1] > vectors[0]


def test_out_of_fold_parts_have_a_head_each_and_are_averaged(tmp_path: Path) -> None:
    table = blobs.table(parts=2)
    fitted, predictions = fit(table, "random-forest")
    forest = fitted["random-forest"]
    files = fitting.save(forest, tmp_path)
    assert [path.name for path in files if path.suffix == ".safetensors"] == [
        "random-forest-part-0.safetensors",
        "random-forest-part-1.safetensors",
    ]
    tested = table[table["role"] == "test"]
    numbers = [name for name in table if str(name).startswith("e0")]
    probabilities = [
        fitting.probabilities(
            registry.load(tmp_path, f"random-forest-part-{part}"),
            tested[tested["part"] == part][numbers].to_numpy(),
            blobs.EMOTIONS,
        )
        for part in (0, 1)
    ]
    rows = predictions[predictions["role"] == "test"]
    written = rows[[f"p_{emotion}" for emotion in blobs.EMOTIONS]].to_numpy()
    np.testing.assert_allclose(np.mean(probabilities, axis=0), written, atol=1e-6)


def test_validation_chooses_among_a_list() -> None:
    fitted, _ = fit(blobs.table(), "svm", svm={"C": [1e-4, 1.0]})
    svm = fitted["svm"]
    assert [settings["C"] for settings, _ in svm.trials] == [1e-4, 1.0]
    assert svm.score == max((each for _, each in svm.trials), key=lambda each: each.rank)
    assert svm.settings["C"] == svm.heads[-1].get_params()["C"]


def test_a_search_keeps_its_trials() -> None:
    fitted, _ = fit(blobs.table(), "xgboost", xgboost={"search": {"trials": 3, "seed": 0}})
    trials = fitted["xgboost"].trials
    assert len(trials) == 4
    assert trials[0][0]["max_depth"] == blobs.SETTINGS["xgboost"]["max_depth"]


def test_a_vote_is_the_mean_of_its_members(tmp_path: Path) -> None:
    fitted, predictions = fit(blobs.table(), "vote", "softmax", "svm")
    by_head = {name: rows["p_sad"].to_numpy() for name, rows in predictions.groupby("head")}
    mean = (by_head["softmax"] + by_head["svm"]) / 2
    np.testing.assert_allclose(by_head["vote"], mean, atol=2e-6)
    files = fitting.save(fitted["vote"], tmp_path)
    assert [path.name for path in files] == ["svm.safetensors", "svm.json"]


def test_clips_that_the_network_learned_from_choose_nothing() -> None:
    fitted, predictions = fit(blobs.table(), "softmax", "svm", validated=False)
    assert set(predictions["role"]) == {"test"}
    assert fitted["svm"].score is None
    with pytest.raises(HeadError, match=r"heads\.tiny\.svm\.C: 2 values"):
        fit(blobs.table(), "svm", validated=False, svm={"C": [1, 3]})


def test_a_split_without_validation_clips_chooses_nothing() -> None:
    table = blobs.table()
    with pytest.raises(HeadError, match="set early_stopping: null"):
        fit(table[table["role"] != "validation"], "xgboost", xgboost={"early_stopping": 3})


def test_an_emotion_without_training_clips_has_no_probability() -> None:
    table = blobs.table()
    table = table[(table["role"] != "train") | (table["emotion"] != "happy")]
    _, predictions = fit(table, *blobs.LEARNED)
    assert (predictions["p_happy"] == 0).all()


def test_facts_hash_what_was_learned(tmp_path: Path) -> None:
    fitted, _ = fit(blobs.table(), *ALL)
    found = {name: facts(head, tmp_path) for name, head in fitted.items()}
    assert found["svm"].files[0] == "fold-0-seed-0/svm.safetensors"
    assert found["svm"].settings["C"] == 1.0
    assert found["svm"].network_weights == "abc"
    assert len({each.sha256 for each in found.values()}) == len(ALL)


def test_a_vote_on_votes_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"heads\.tiny\.vote\.members: vote is a vote itself"):
        fit(blobs.table(), "vote", "svm", vote={"members": ["vote", "svm"]})


def test_without_a_network_heads_learn_from_the_numbers_themselves() -> None:
    with_network, _ = fit(blobs.table(), "svm")
    without, predictions = fit(blobs.numbers(), "svm")
    np.testing.assert_array_equal(without["svm"].probabilities, with_network["svm"].probabilities)
    assert set(predictions["head"]) == {"svm"}


def test_without_a_network_there_is_no_softmax() -> None:
    with pytest.raises(HeadError, match=r"heads\.tiny\.softmax: .* the recipe has no network"):
        fit(blobs.numbers(), "softmax", "svm")


GOLDEN = Path(__file__).parent / "reference"
CHOOSING: dict[str, Any] = {
    "mlp": {"alpha": [0.01, 1.0]},
    "xgboost": {"early_stopping": 5, "search": {"trials": 3, "seed": 0}},
    "lightgbm": {"early_stopping": 5, "search": {"trials": 3, "seed": 0}},
    "svm": {"C": [0.1, 1.0, 10.0], "calibration": "validation"},
    "random-forest": {"search": {"trials": 3, "seed": 0}},
}


@pytest.mark.parametrize(
    ("name", "table", "validated", "changes"),
    [("chosen", {"copies": 1}, True, CHOOSING), ("fixed", {"parts": 2}, False, {})],
)
def test_predictions_are_those_of_earlier_versions(
    name: str, table: dict[str, int], validated: bool, changes: dict[str, Any]
) -> None:
    _, predictions = fit(blobs.table(**table), *ALL, validated=validated, **changes)
    golden = pd.read_csv(GOLDEN / f"{name}.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(predictions, golden, check_dtype=False, atol=1e-4)


def test_embeddings_that_are_not_finite_are_refused() -> None:
    table = blobs.table()
    table.loc[0, "e001"] = np.nan
    with pytest.raises(HeadError, match="not finite"):
        fit(table, "svm")
