"""How validation clips choose, and what happens without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.core.errors import ConfigError, HeadError
from pipeline.heads import choice
from pipeline.heads.choice import Score
from tests.heads import blobs

SEARCH = {"trials": 4, "seed": 0}


@dataclass(frozen=True)
class Try:
    """Settings and how they did."""

    settings: Any
    score: Score | None


def test_lists_are_multiplied_in_the_order_they_are_written() -> None:
    made = choice.candidates(blobs.settings("svm", C=[3, 1], gamma=["scale", 0.1]))
    assert [(each.C[0], each.gamma[0]) for each in made] == [
        (3, "scale"),
        (3, 0.1),
        (1, "scale"),
        (1, 0.1),
    ]


def test_among_equals_the_lower_log_loss_wins_and_then_the_first() -> None:
    found = [
        Try("a", Score(0.6, 1.0)),
        Try("b", Score(0.7, 2.0)),
        Try("c", Score(0.7, 1.0)),
        Try("d", Score(0.7, 1.0)),
    ]
    assert choice.best(found).settings == "c"


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm", "random-forest"])
def test_a_search_tries_the_written_settings_first_and_repeats(kind: str) -> None:
    written = blobs.settings(kind, search=SEARCH)

    def attempt(settings: Any) -> Try:
        return Try(settings, Score(0.5, 1.0))

    found = choice.try_all(written, attempt)
    assert found[0].settings == written
    assert len({each.settings for each in found}) == 5
    assert choice.try_all(written, attempt) == found


@pytest.mark.parametrize(
    ("kind", "changes", "cure"),
    [
        ("svm", {"C": [1, 3]}, r"heads\.mine\.best\.C: 2 values .* leave one, such as C: \[1\.0\]"),
        ("mlp", {"alpha": [0.1, 1]}, r"heads\.mine\.best\.alpha: 2 values"),
        ("svm", {"calibration": "validation"}, "set calibration: training"),
        ("xgboost", {"early_stopping": 5}, "set early_stopping: null"),
        ("lightgbm", {"early_stopping": 5}, "set early_stopping: null"),
        ("random-forest", {"search": SEARCH}, "set search: null"),
    ],
)
def test_without_validation_clips_nothing_can_be_chosen(
    kind: str, changes: dict[str, Any], cure: str
) -> None:
    with pytest.raises(HeadError, match=cure):
        choice.require_fixed(blobs.settings(kind, **changes), "heads.mine.best")


@pytest.mark.parametrize("kind", blobs.LEARNED)
def test_fixed_settings_need_no_validation_clips(kind: str) -> None:
    choice.require_fixed(blobs.settings(kind), kind)


def test_a_vote_names_each_member_once() -> None:
    with pytest.raises(ConfigError, match="'svm' is named twice"):
        blobs.settings("vote", members=["svm", "svm"])


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="num_leaves is not a known key"):
        blobs.settings("xgboost", num_leaves=7)
