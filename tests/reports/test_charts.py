"""Figures as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import pandas as pd

from pipeline.reports import charts


def speakers(count: int) -> pd.DataFrame:
    rows = [
        {"speaker": f"s{place:02}", "sex": ("female", "male", "")[place % 3], "uar": place / count}
        for place in range(count)
    ]
    return pd.DataFrame(rows).assign(clips=4)


def words(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [node.text or "" for node in root.iter("text")]


def test_speakers_are_drawn_best_first_with_a_shape_for_each_sex() -> None:
    svg = charts.speakers(speakers(6), mean=0.4, guessing=0.25)
    assert [word for word in words(svg) if word.startswith("s0")] == [
        "s05",
        "s04",
        "s03",
        "s02",
        "s01",
        "s00",
    ]
    marks = [node.tag for node in ElementTree.fromstring(svg) if "s-" in node.get("class", "")]
    assert marks == ["path", "rect", "circle"] * 2


def test_many_speakers_are_named_only_when_pointed_at() -> None:
    svg = charts.speakers(speakers(60), mean=0.4, guessing=0.25)
    assert "s07" not in words(svg)
    assert "<title>s07, male: 11.7 % of 4 clips</title>" in svg


def test_names_cannot_break_a_figure() -> None:
    rows = speakers(3).assign(speaker=["<a>", "b&c", 'd"e'])
    svg = charts.speakers(rows, mean=0.4, guessing=0.25)
    assert "b&c" in words(svg)


def test_a_training_without_validation_has_one_line_for_each_seed() -> None:
    rows = [
        {"seed": seed, "epoch": epoch, "loss": 1 / epoch, "validation_loss": None}
        for seed in (0, 1)
        for epoch in range(1, 9)
    ]
    svg = charts.learning(pd.DataFrame(rows).astype({"validation_loss": float}), 1.0, [])
    kinds = [node.get("class") for node in ElementTree.fromstring(svg).iter("path")]
    assert kinds == ["training", "training"]


def test_a_misclassified_clip_is_a_cross_with_both_emotions() -> None:
    rows = [("a", "sad", "sad", True, 0, 0), ("b", "sad", "fear", False, 1, 1)]
    table = pd.DataFrame(rows, columns=["clip", "emotion", "predicted", "right", "x", "y"])
    root = ElementTree.fromstring(charts.landscape(table, "a map"))
    marks = {node.tag: node for node in root if "e-sad" in node.get("class", "")}
    assert set(marks) == {"circle", "path"}
    assert marks["path"][0].text == "b: sad, predicted as fear"
