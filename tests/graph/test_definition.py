"""What the files of the graph say, without running anything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.folders import recipe_files, recipes
from pipeline.config.yaml12 import read_yaml
from pipeline.graph.targets import Graph
from tests.conftest import ROOT

MAIN = read_yaml(ROOT / "dvc.yaml")
SHARED = read_yaml(ROOT / "stages/recipes.yaml")
INPUTS = read_yaml(ROOT / "inputs/dvc.yaml")
NO_CODE = {"sources", "card"}
"""Stages that run no code of ours that could change what they write, or hash that code."""


def bodies() -> list[tuple[str, str, dict[str, Any]]]:
    """Every stage with its file's name and its prefix to the root."""
    files = {"": MAIN, "../../": SHARED, "in": INPUTS}
    return [
        ("" if prefix == "in" else prefix, name, body.get("do", body))
        for prefix, graph in files.items()
        for name, body in graph["stages"].items()
    ]


@pytest.mark.parametrize(
    ("prefix", "name", "body"), bodies(), ids=[f"{p}{n}" for p, n, _ in bodies()]
)
def test_a_stage_depends_on_its_own_code(prefix: str, name: str, body: dict[str, Any]) -> None:
    (script,) = re.findall(r"stages/(\w+)\.py", body["cmd"])
    assert (ROOT / f"stages/{script}.py").is_file()
    if name not in NO_CODE:
        assert f"{prefix}sources/{script}.json" in body["deps"]


@pytest.mark.parametrize("stage", ["train", "embed"])
def test_networks_depend_on_the_code_of_their_own_family(stage: str) -> None:
    assert "sources/networks/${item.network}.json" in MAIN["stages"][stage]["do"]["deps"]


def test_the_main_pipeline_has_the_stages_of_the_papers() -> None:
    """The root's are written out, so that they can be read there; only paths differ."""
    written_out = {key: body for key, body in MAIN["stages"].items() if "foreach" in body}
    assert written_out == at_the_root(SHARED["stages"])


def at_the_root(item: Any) -> Any:
    """A definition with its paths counted from the root, and one file of parameters."""
    if isinstance(item, dict):
        return {at_the_root(key): at_the_root(value) for key, value in item.items()}
    if isinstance(item, list):
        flat: list[Any] = []
        for each in item:
            if isinstance(each, dict) and "../../params.yaml" in each:
                flat += each["../../params.yaml"]
            else:
                flat.append(at_the_root(each))
        return flat
    return (
        item.removeprefix("cd ../.. && ").replace("../../", "") if isinstance(item, str) else item
    )


def test_every_paper_and_study_takes_the_one_definition() -> None:
    for path in recipe_files(ROOT)[1:]:
        graph = path.with_name("dvc.yaml")
        assert path.with_name("README.md").is_file()
        if path.parent.name == "encoders" or not read_yaml(path)["recipes"]:
            continue  # of an optional extra, for which `make speech` lays it out; or empty
        assert not graph.is_symlink(), "DVC reads no link in a commit"
        assert graph.read_bytes() == (ROOT / "stages/recipes.yaml").read_bytes()


def test_a_stage_records_the_parameters_of_its_own_recipe_alone() -> None:
    for _, name, body in bodies():
        for line in body.get("params", []):
            entries = next(iter(line.values())) if isinstance(line, dict) else [line]
            whole = {entry for entry in entries if "${" not in entry}
            assert name in ("sources", "combine-three") or whole <= {"index"}


def test_outputs_that_cost_much_are_in_the_cache_of_runs() -> None:
    """A stage with an output that DVC does not store never enters it."""
    for _, name, body in bodies():
        outputs = [*body["outs"], *body.get("metrics", []), *body.get("plots", [])]
        stored = [
            isinstance(item, dict) and "cache" in next(iter(item.values())) for item in outputs
        ]
        assert any(stored) == (name in {"sources", "evaluate", "compare", "card"})


def test_every_lock_entry_is_of_a_stage_and_holds_real_checksums() -> None:
    graph = Graph(ROOT)
    for path in graph.locks():
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"0{32}", text)
            here = {stage for stage, file in graph.stages.items() if file.parent == path.parent}
            assert set(read_yaml(path)["stages"]) <= here


def test_the_lock_of_the_main_pipeline_can_be_read() -> None:
    lines = (ROOT / "dvc.lock").read_text(encoding="utf-8").count("\n")
    assert lines < 6000


def test_every_recipe_is_in_one_folder() -> None:
    assert set(Graph(ROOT).recipes) | {"ravdess-wavlm"} == set(recipes(ROOT)) | {"ravdess-wavlm"}


def test_the_table_of_figures_depends_on_every_paper() -> None:
    deps = read_yaml(ROOT / "papers/dvc.yaml")["stages"]["published"]["deps"]
    named = {dep for dep in deps if dep.endswith("params.yaml")}
    there = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("papers/*/params.yaml")}
    assert there <= named


def test_artifacts_are_of_the_main_pipeline() -> None:
    made = {item["path"] for item in MAIN["artifacts"].values()}
    main = {name for name, path in Graph(ROOT).recipes.items() if path.parent == ROOT}
    assert {Path(path).name for path in made} <= main
