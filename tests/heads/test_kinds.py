"""Every kind of head: it learns, it is stored without pickles, and its bytes repeat."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pipeline.core.errors import HeadError
from pipeline.heads import Mlp, RandomForest, Svm, registry
from pipeline.heads.head import Head
from tests.conftest import ROOT
from tests.heads import blobs

kinds = pytest.mark.parametrize("kind", blobs.LEARNED)


def fitted(kind: str, *, emotions: int = 3) -> Head:
    return registry.make(blobs.settings(kind)).fit(*blobs.points(emotions=emotions))


@kinds
def test_a_head_beats_chance_on_points_it_never_saw(kind: str) -> None:
    assert fitted(kind).score(*blobs.points(300, seed=1)) > 0.7


@kinds
def test_probabilities_are_of_the_sorted_classes(kind: str) -> None:
    head = fitted(kind)
    values = head.predict_proba(blobs.points(seed=1)[0])
    assert head.classes_.tolist() == sorted(blobs.EMOTIONS)
    assert values.shape == (90, 3)
    np.testing.assert_allclose(values.sum(axis=1), 1)


@kinds
def test_two_emotions_are_enough(kind: str) -> None:
    assert fitted(kind, emotions=2).score(*blobs.points(200, emotions=2, seed=1)) > 0.8


@kinds
def test_a_stored_head_predicts_the_same(kind: str, tmp_path: Path) -> None:
    head = fitted(kind)
    registry.save(head, tmp_path, kind)
    x, _ = blobs.points(seed=1)
    again = registry.load(tmp_path, kind)
    np.testing.assert_array_equal(again.predict_proba(x), head.predict_proba(x))
    assert again.get_params() == head.get_params()


@kinds
def test_a_head_read_back_is_stored_to_the_same_bytes(kind: str, tmp_path: Path) -> None:
    first = registry.save(fitted(kind), tmp_path / "first", kind)
    again = registry.save(registry.load(tmp_path / "first", kind), tmp_path / "again", kind)
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()


FIT = """
import sys
from pathlib import Path
from pipeline.heads import Mlp, RandomForest, Svm, registry
from tests.heads import blobs
x, y = blobs.points(600)
for kind in blobs.LEARNED:
    head = registry.make(blobs.settings(kind)).fit(x, y, blobs.points(seed=1))
    registry.save(head, Path(sys.argv[1]), kind)
"""


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    for threads in ("1", "3"):
        quiet = {name: value for name, value in os.environ.items() if "THREADS" not in name}
        env = {**quiet, "SER_THREADS": threads, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", FIT, str(tmp_path / threads)]
        subprocess.run(command, check=True, env=env, cwd=ROOT)
    files = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert len(files) == 2 * len(blobs.LEARNED)
    for name in files:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes(), name


def test_the_forest_predicts_as_scikit_learns_does() -> None:
    x, y = blobs.points()
    mine = RandomForest(20, None, 2, "sqrt", 0).fit(x, y)
    theirs = RandomForestClassifier(20, min_samples_leaf=2, random_state=0).fit(x, y)
    new, _ = blobs.points(200, seed=1)
    np.testing.assert_allclose(mine.predict_proba(new), theirs.predict_proba(new), atol=1e-6)


@pytest.mark.parametrize("emotions", [2, 3])
def test_the_mlp_predicts_as_scikit_learns_does(emotions: int) -> None:
    x, y = blobs.points(emotions=emotions)
    mine = Mlp((16, 8), 0.01, 0.01, 20, 16, 0).fit(x, y)
    scaler = StandardScaler().fit(x)
    theirs = MLPClassifier(
        (16, 8),
        alpha=0.01,
        learning_rate_init=0.01,
        max_iter=20,
        n_iter_no_change=20,
        batch_size=16,
        random_state=0,
    )
    with pytest.warns(match="iterations"):
        theirs.fit(scaler.transform(x), y)
    new, _ = blobs.points(200, emotions=emotions, seed=1)
    expected = theirs.predict_proba(scaler.transform(new))
    np.testing.assert_allclose(mine.predict_proba(new), expected, atol=1e-6)


@pytest.mark.parametrize(("kernel", "theirs_is"), [("gaussian", "rbf"), ("linear", "linear")])
@pytest.mark.parametrize("emotions", [2, 3])
def test_the_svm_decides_as_scikit_learns_does(
    emotions: int, kernel: Literal["gaussian", "linear"], theirs_is: str
) -> None:
    x, y = blobs.points(emotions=emotions)
    mine = Svm(kernel, 3.0, 0.1, "training").fit(x, y)
    scaler = StandardScaler().fit(x)
    theirs = SVC(C=3.0, kernel=theirs_is, gamma=0.1).fit(scaler.transform(x), y)
    new, _ = blobs.points(200, emotions=emotions, seed=1)
    decided = theirs.decision_function(scaler.transform(new))
    if emotions == 2:
        np.testing.assert_array_equal(mine.predict(new), theirs.predict(scaler.transform(new)))
        return
    # Probabilities are a softmax of the decisions: their logs differ by a row's constant.
    logs = np.log(mine.predict_proba(new)) / mine.fitted()["sharpness"]
    shift = decided - logs
    np.testing.assert_allclose(shift, shift[:, :1].repeat(3, axis=1), atol=1e-5)


def test_probabilities_of_the_svm_are_calibrated() -> None:
    head = Svm("gaussian", 1.0, "scale", "validation").fit(
        *blobs.points(300), blobs.points(300, seed=1)
    )
    x, y = blobs.points(600, seed=2)
    confidence = head.predict_proba(x).max(axis=1).mean()
    assert confidence == pytest.approx(head.score(x, y), abs=0.05)


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_boosting_stops_where_validation_says(kind: str, tmp_path: Path) -> None:
    head = registry.make(blobs.settings(kind, rounds=500, early_stopping=5))
    rng = np.random.default_rng(0)
    x, y = blobs.points(seed=1)
    head.fit(*blobs.points(), (x, rng.permutation(y)))
    assert head.fitted()["rounds_kept"] < 10
    registry.save(head, tmp_path, kind)
    assert registry.load(tmp_path, kind).fitted() == head.fitted()


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_early_stopping_needs_validation_clips(kind: str) -> None:
    with pytest.raises(HeadError, match="early_stopping: null"):
        registry.make(blobs.settings(kind, early_stopping=5)).fit(*blobs.points())


@kinds
def test_validation_clips_of_an_unknown_emotion_do_no_harm(kind: str) -> None:
    head = registry.make(blobs.settings(kind))
    head.fit(*blobs.points(emotions=2), blobs.points(seed=1))
    assert head.classes_.tolist() == ["angry", "sad"]


@kinds
def test_other_embeddings_than_learned_from_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=r"X has 5 features, but .* is expecting 6"):
        fitted(kind).predict_proba(np.zeros((1, 5), np.float32))


@kinds
def test_a_damaged_head_is_named(kind: str, tmp_path: Path) -> None:
    learned, _ = registry.save(fitted(kind), tmp_path, kind)
    learned.write_bytes(b"")
    with pytest.raises(HeadError, match=f"{kind}: damaged .*dvc repro heads@"):
        registry.load(tmp_path, kind)


def test_an_absent_head_is_named(tmp_path: Path) -> None:
    registry.save(fitted("svm"), tmp_path, "svm")
    with pytest.raises(HeadError, match="no such head; did you mean 'svm'"):
        registry.load(tmp_path, "svn")


def test_one_emotion_is_too_few() -> None:
    with pytest.raises(HeadError, match="of one class; a head needs at least two"):
        registry.make(blobs.settings("svm")).fit(np.zeros((4, 2), np.float32), ["sad"] * 4)


def test_a_list_must_be_chosen_from_before_a_head_is_made() -> None:
    with pytest.raises(HeadError, match="C: 2 values"):
        registry.make(blobs.settings("svm", C=[1, 3]))
