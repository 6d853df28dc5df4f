"""What is stale and why, in a small graph that DVC has run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError
from pipeline.graph.stale import StageStatus, statuses, summary
from pipeline.graph.targets import Graph
from tests.graph.conftest import PARAMS


def status(root: Path, recipe: str = "demo") -> dict[str, StageStatus]:
    return {item.stage: item for item in statuses([recipe], Graph(root))[recipe]}


def states(root: Path) -> dict[str, str]:
    return {name: item.state for name, item in status(root).items()}


def test_what_was_run_is_up_to_date(root: Path) -> None:
    assert states(root) == dict.fromkeys(["view", "train@demo", "evaluate@demo"], "up to date")


def test_a_parameter_is_named_with_both_values(root: Path) -> None:
    (root / "params.yaml").write_text(PARAMS.replace("width: 16", "width: 8"))
    assert status(root)["train@demo"] == StageStatus(
        "train@demo", "stale", ("params.yaml: networks.small.width was 16, is 8",)
    )
    assert status(root)["evaluate@demo"] == StageStatus(
        "evaluate@demo", "waits", ("for train@demo",)
    )


def test_another_network_is_read_in_place_of_the_old(root: Path) -> None:
    (root / "params.yaml").write_text(
        PARAMS.replace("demo: {network: small}", "demo: {network: wide}")
    )
    assert status(root)["train@demo"].why == (
        "params.yaml: it reads networks.wide in place of networks.small",
    )


def test_a_file_is_named(root: Path) -> None:
    (root / "sound.txt").write_text("b")
    assert status(root)["view"] == StageStatus("view", "stale", ("sound.txt changed",))
    assert states(root)["evaluate@demo"] == "waits"


def test_an_output_that_was_edited_is_named(root: Path) -> None:
    (root / "demo.txt").unlink()
    (root / "demo.txt").write_text("better figures")
    assert status(root)["evaluate@demo"].why == ("demo.txt is not as this stage wrote it",)


def test_what_is_missing_is_not_stale(root: Path) -> None:
    for name in ("view.txt", "demo.net", "demo.txt"):
        (root / name).unlink()
    assert states(root) == dict.fromkeys(["view", "train@demo", "evaluate@demo"], "not here")
    assert "dvc pull" in status(root)["view"].why[0]


def test_what_was_never_run_says_so(root: Path) -> None:
    found = status(root, "other")
    assert found["view"].state == "up to date"
    assert summary(found.values()) == StageStatus(
        "train@other", "not run", ("never run with this code",)
    )


def test_a_wrong_recipe_names_the_nearest(root: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'demo'"):
        statuses(["dmo"], Graph(root))


def test_nothing_is_written(root: Path) -> None:
    before = (root / "dvc.lock").read_bytes()
    status(root)
    assert (root / "dvc.lock").read_bytes() == before
