"""All heads of a recipe on one fold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import HeadError
from pipeline.heads import fitting, registry
from pipeline.heads.fitting import Cooked
from tests.heads import blobs

ALL = tuple(blobs.SETTINGS)


def cook(
    table: pd.DataFrame, *names: str, chosen: bool = True, **changes: dict[str, Any]
) -> tuple[dict[str, Cooked], pd.DataFrame]:
    cooked, answers = fitting.cook(
        table, blobs.EMOTIONS, names, blobs.known(**changes), chosen=chosen
    )
    return {each.name: each for each in cooked}, answers


def test_every_head_answers_validation_and_test_clips() -> None:
    table = blobs.table()
    cooked, answers = cook(table, *ALL)
    assert list(cooked) == list(ALL)
    for name, rows in answers.groupby("head"):
        assert rows["role"].value_counts().to_dict() == {"validation": 12, "test": 12}, name
        assert (rows["true"] == rows["predicted"]).mean() > 0.5, name
    odds = answers[[f"p_{emotion}" for emotion in blobs.EMOTIONS]]
    np.testing.assert_allclose(odds.sum(axis=1), 1, atol=1e-5)
    truth = table[table["copy"] == 0].set_index("clip")["emotion"]
    assert (answers["true"] == answers["clip"].map(truth)).all()


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
        cooked, answers = cook(rows, *ALL, **choosing)
        told = []
        for each in cooked.values():
            files = fitting.save(each, tmp_path / name)
            told.append(fitting.facts(each, files, tmp_path / name, "abc"))
        found[name] = (told, answers)
    assert found["true"][0] == found["shuffled"][0]
    one, other = (found[name][1].drop(columns="true") for name in found)
    pd.testing.assert_frame_equal(one, other)
    assert not found["true"][1]["true"].equals(found["shuffled"][1]["true"])


def test_softmax_is_the_main_networks_own_answer() -> None:
    table = blobs.table(parts=2)
    _, answers = cook(table, "softmax")
    own = table[(table["part"] == -1) & (table["role"] == "test")].set_index("clip")
    tested = answers[answers["role"] == "test"].set_index("clip")
    np.testing.assert_allclose(tested["p_sad"], own["p_sad"].loc[tested.index], atol=1e-6)


def test_copies_are_learned_from_and_never_answered() -> None:
    plain, answers = cook(blobs.table(), "svm")
    copied, more = cook(blobs.table(copies=3), "svm")
    assert len(more) == len(answers)
    vectors = [each["svm"].fitted[0]["support_vectors"] for each in (plain, copied)]
    assert vectors[1] > vectors[0]


def test_out_of_fold_parts_have_a_head_each_and_are_averaged(tmp_path: Path) -> None:
    table = blobs.table(parts=2)
    cooked, answers = cook(table, "random-forest")
    forest = cooked["random-forest"]
    files = fitting.save(forest, tmp_path)
    assert [path.name for path in files if path.suffix == ".safetensors"] == [
        "random-forest-part-0.safetensors",
        "random-forest-part-1.safetensors",
    ]
    tested = table[table["role"] == "test"]
    numbers = [name for name in table if str(name).startswith("e0")]
    odds = [
        fitting.probabilities(
            registry.load(tmp_path, f"random-forest-part-{part}"),
            tested[tested["part"] == part][numbers].to_numpy(),
            blobs.EMOTIONS,
        )
        for part in (0, 1)
    ]
    rows = answers[answers["role"] == "test"]
    written = rows[[f"p_{emotion}" for emotion in blobs.EMOTIONS]].to_numpy()
    np.testing.assert_allclose(np.mean(odds, axis=0), written, atol=1e-6)


def test_validation_chooses_among_a_list() -> None:
    cooked, _ = cook(blobs.table(), "svm", svm={"C": [1e-4, 1.0]})
    svm = cooked["svm"]
    assert [settings["C"] for settings, _ in svm.trials] == [1e-4, 1.0]
    assert svm.judgement == max((each for _, each in svm.trials), key=lambda each: each.rank)
    assert svm.settings["C"] == svm.heads[-1].get_params()["C"]


def test_a_search_tells_its_trials() -> None:
    cooked, _ = cook(blobs.table(), "xgboost", xgboost={"search": {"trials": 3, "seed": 0}})
    trials = cooked["xgboost"].trials
    assert len(trials) == 4
    assert trials[0][0]["max_depth"] == blobs.SETTINGS["xgboost"]["max_depth"]


def test_a_vote_is_the_mean_of_members_that_the_recipe_need_not_list(tmp_path: Path) -> None:
    _, each = cook(blobs.table(), "softmax", "svm")
    cooked, voted = cook(blobs.table(), "vote")
    by_head = {name: rows["p_sad"].to_numpy() for name, rows in each.groupby("head")}
    mean = (by_head["softmax"] + by_head["svm"]) / 2
    np.testing.assert_allclose(voted["p_sad"], mean, atol=2e-6)
    files = fitting.save(cooked["vote"], tmp_path)
    assert [path.name for path in files] == ["svm.safetensors", "svm.json"]


def test_clips_that_the_network_learned_from_choose_nothing() -> None:
    cooked, answers = cook(blobs.table(), "softmax", "svm", chosen=False)
    assert set(answers["role"]) == {"test"}
    assert cooked["svm"].judgement is None
    with pytest.raises(HeadError, match=r"heads\.svm\.C: 2 values"):
        cook(blobs.table(), "svm", chosen=False, svm={"C": [1, 3]})


def test_a_split_without_validation_clips_chooses_nothing() -> None:
    table = blobs.table()
    with pytest.raises(HeadError, match="set early_stopping: null"):
        cook(table[table["role"] != "validation"], "xgboost", xgboost={"early_stopping": 3})


def test_an_emotion_that_was_never_taught_has_no_chance() -> None:
    table = blobs.table()
    table = table[(table["role"] != "train") | (table["emotion"] != "happy")]
    _, answers = cook(table, *blobs.LEARNED)
    assert (answers["p_happy"] == 0).all()


def test_facts_hash_what_was_learned(tmp_path: Path) -> None:
    cooked, _ = cook(blobs.table(), *ALL)
    told = {}
    for name, each in cooked.items():
        files = fitting.save(each, tmp_path / "fold-0-seed-0")
        told[name] = fitting.facts(each, files, tmp_path, "abc")
    assert told["svm"]["files"][0] == "fold-0-seed-0/svm.safetensors"
    assert told["svm"]["settings"]["C"] == 1.0
    assert told["svm"]["network_weights"] == "abc"
    assert len({item["sha256"] for item in told.values()}) == len(ALL)


def test_an_unknown_head_is_named() -> None:
    with pytest.raises(HeadError, match="heads: 'xgbost' is not there; did you mean 'xgboost'"):
        cook(blobs.table(), "xgbost")


def test_a_vote_on_votes_is_refused() -> None:
    with pytest.raises(HeadError, match="vote is a vote itself"):
        cook(blobs.table(), "vote", vote={"members": ["vote", "svm"]})


def test_embeddings_that_are_not_finite_are_refused() -> None:
    table = blobs.table()
    table.loc[0, "e001"] = np.nan
    with pytest.raises(HeadError, match="not finite"):
        cook(table, "svm")
