"""Code that the documentation shows is valid: entries of params.yaml, and modules to begin from."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from sklearn.utils.estimator_checks import check_estimator

from docs.generators.parameters import sections
from pipeline.config.base import parse
from pipeline.config.folders import INPUT_SECTIONS, RECIPE_SECTIONS
from pipeline.config.yaml12 import Loader
from pipeline.corpora.description import Description
from pipeline.evaluation import metrics
from tests.conftest import ROOT
from tests.docs.shell import FENCE

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SINGLE = ("download", "index")
HOW_TO = ROOT / "docs/how-to"


def blocks(page: Path, language: str) -> list[str]:
    """The code of a page that is in a language."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [block[2] for block in found if block[1] == language]


def entries() -> list[Any]:
    """Every entry of a section that a page shows, but those that extend another file's anchor."""
    found = []
    for page in PAGES:
        for block in blocks(page, "yaml"):
            if "<<: *" in block:
                continue
            for section, content in yaml.load(block, Loader).items():
                if section not in sections():  # another file, such as a corpus's description
                    continue
                items = {"": content} if section in SINGLE else content
                name = page.relative_to(ROOT).as_posix()
                found += [
                    pytest.param(section, key, item, id=f"{name}: {section}.{key}")
                    for key, item in items.items()
                ]
    return found


@pytest.mark.parametrize(("section", "key", "entry"), entries())
def test_an_entry_of_params_yaml_is_valid(section: str, key: str, entry: Any) -> None:
    kind = sections()[section]
    # A section of heads holds sets of them.
    for item in entry.values() if section == "heads" else [entry]:
        if not (section in ("networks", "heads") and item["kind"] in ("mine", "centroid")):
            parse(kind, item, f"{section}.{key}")


def test_the_reference_has_every_section() -> None:
    ours = {"protocols", "networks", "trainings", "heads"}
    assert set(sections()) == {*INPUT_SECTIONS, *RECIPE_SECTIONS, *ours}


def module(page: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A page's first block of Python, as a module."""
    made = ModuleType("shown")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    code = compile(blocks(HOW_TO / page, "python")[0], page, "exec", dont_inherit=True)
    exec(code, made.__dict__)
    return made


def test_the_network_of_the_page_embeds_and_classifies(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = module("network.md", monkeypatch)
    settings = parse(
        shown.SETTINGS, {"kind": "mine", "width": 5, "dropout": 0.0, "normalise": "channel"}
    )
    network = shown.NETWORK(settings, (1, 8, 6), 3).eval()
    rows = torch.zeros(2, 1, 8, 6)
    assert network.represent(rows).shape == (2, 5)
    assert network(rows).shape == (2, 3)


def test_the_head_of_the_page_is_an_estimator(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = module("head.md", monkeypatch)
    head = shown.HEAD(
        **parse(shown.SETTINGS, {"kind": "centroid", "sharpness": 1.0}).model_dump(exclude={"kind"})
    )
    x = np.array([[0.0, 1.0], [0.1, 0.9], [1.0, 0.0], [0.9, 0.1]])
    assert head.fit(x, ["sad", "sad", "happy", "happy"]).predict([[0.8, 0.0]]).tolist() == ["happy"]
    check_estimator(head)


def descriptions() -> list[Any]:
    """Every description of a corpus that a page shows."""
    shown = [
        (page.relative_to(ROOT).as_posix(), yaml.load(block, Loader))
        for page in PAGES
        for block in blocks(page, "yaml")
        if "<<: *" not in block
    ]
    return [pytest.param(data, id=name) for name, data in shown if "naming" in data]


@pytest.mark.parametrize("data", descriptions())
def test_a_description_of_a_corpus_is_valid(data: Any) -> None:
    assert parse(Description, data).names().compiled


def test_the_metrics_of_the_page_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS", dict(metrics.METRICS))
    shown = dict(vars(metrics))
    for block in blocks(HOW_TO / "metric.md", "python"):
        exec(compile(block, "metric.md", "exec"), shown)
    assert shown["worst_recall"](np.array([[3.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0, 0, 0]])) == 0.5
    rows = metrics.Rows(
        true=np.array([0, 1]), predicted=np.array([0, 0]), probabilities=np.array([[1, 0], [1, 0]])
    )
    assert shown["brier"](rows) == 1.0
    assert metrics.METRICS["brier"].title == "Brier score"
