"""What makes a recipe stale, and what does not, by DVC's own word."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config.base import read_params
from tests.graph.projects import change, dvc, few_speakers, make_small, ser, stages_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two recipes, of two families of networks, both up to date."""
    project = make_small(tmp_path_factory.mktemp("stale") / "project")
    params = read_params(project / "params.yaml")
    change(
        project,
        corpora={"demo": few_speakers(project, 4)},
        networks={"plain-tiny": {**params["networks"]["plain"], "channels": [4, 4], "dense": 8}},
        recipes={
            "demo": {**params["recipes"]["demo"], "heads": "softmax"},
            "other": {**params["recipes"]["demo"], "network": "plain-tiny", "heads": "softmax"},
        },
    )
    dvc(project, "repro", "evaluate@demo", "evaluate@other")
    assert stale(project) == set()
    return project


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    copy = tmp_path / "project"
    shutil.copytree(finished, copy, symlinks=True)
    return copy


def stale(project: Path) -> set[str]:
    """The stages that would run: after the hashes of the code are made again."""
    dvc(project, "repro", "sources")
    found: dict[str, Any] = json.loads(dvc(project, "status", "--json"))
    run_at_all = yaml.safe_load((project / "dvc.lock").read_text())["stages"]
    return {name.rpartition(":")[2] for name in found} & set(run_at_all)


def edit(project: Path, module: str, old: str, new: str) -> None:
    path = project / "src/pipeline" / module
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_another_head_in_a_set_of_its_own_makes_nothing_stale(project: Path) -> None:
    room = project / "src/pipeline/heads"
    shutil.copy(room / "mlp.py", room / "perceptron.py")
    mine = read_params(project / "params.yaml")["heads"]["fixed"]["svm-fixed"]
    change(project, heads={"mine": {"mine": mine}})
    assert stale(project) == set()


def test_a_moved_and_renamed_module_makes_nothing_stale(project: Path) -> None:
    package = project / "src/pipeline"
    (package / "training/augmentation.py").rename(package / "core/chance.py")
    for path in package.rglob("*.py"):
        text = re.sub(
            r"^from pipeline\.training import augmentation(?:, (.+))?$",
            lambda found: (
                "from pipeline.core import chance"
                + (f"\nfrom pipeline.training import {found[1]}" if found[1] else "")
            ),
            path.read_text(),
            flags=re.MULTILINE,
        )
        path.write_text(re.sub(r"\baugmentation\.(?=[a-z])", "chance.", text))
    assert "chance.augment(" in (package / "training/loop.py").read_text()
    assert stale(project) == set()


def test_a_comment_and_a_docstring_make_nothing_stale(project: Path) -> None:
    edit(project, "networks/cnn.py", "\nclass ", "\n# Plain, as the papers have it.\nclass ")
    assert stale(project) == set()


def test_a_familys_arithmetic_makes_its_own_recipes_stale_and_no_others(project: Path) -> None:
    edit(project, "networks/cnn.py", "nn.ReLU()", "nn.SiLU()")
    assert stale(project) == {"train@other", "embed@other"}


def test_status_names_the_code_that_changed_before_anything_runs(project: Path) -> None:
    edit(project, "networks/cnn.py", "nn.ReLU()", "nn.SiLU()")
    found = json.loads(ser(project, "recipe", "status", "--json"))["recipes"]
    states = {item["recipe"]: item["state"] for item in found}
    assert states == {"demo": "up to date", "other": "stale"}
    (other,) = (item for item in found if item["recipe"] == "other")
    why = {stage["stage"]: stage["why"] for stage in other["stages"] if stage["why"]}
    assert why["train@other"] == ["the code of the network plain-tiny changed"]
    assert why["heads@other"] == ["for embed@other"]


def test_a_heads_parameter_runs_heads_alone(project: Path) -> None:
    demo = read_params(project / "params.yaml")["recipes"]["demo"]
    change(project, recipes={"demo": {**demo, "heads": "svm-gaussian"}})
    assert stages_run(dvc(project, "repro", "evaluate@demo")) == ["heads@demo", "evaluate@demo"]
