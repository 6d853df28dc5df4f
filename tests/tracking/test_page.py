"""MLflow's page: what its address, its view and its first lines say."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipeline import tracking
from pipeline.commands.track import track
from pipeline.core.errors import TrackingError
from pipeline.tracking import page, view
from tests.conftest import ROOT
from tests.serving.processes import free_port
from tests.tracking import outputs
from tests.tracking.stored import client, runs


def command(*words: str) -> str:
    """What ``ser`` prints."""
    app = typer.Typer()
    app.add_typer(track, name="track")
    result = CliRunner().invoke(app, ["track", *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_view_asks_for_metrics_that_summaries_have(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    found = runs(root, view.SUMMARIES)
    wanted = {*view.METRICS, *view.CHARTS}
    assert all(wanted <= {*run.data.metrics, "validation_uar"} for run in found)
    assert {run.data.tags["label"] for run in found} == {
        "no speaker and no recording on both sides"
    }
    assert len(found) == 4


def test_the_view_fits_into_a_tag() -> None:
    assert len(view.tag()) <= 5000
    named = json.loads(view.tag())
    assert named["name"] == "heads compared"
    assert json.loads(named["state"]) == view.state()


def test_a_first_visit_chooses_training_runs_and_the_view_of_each_dataset(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    found = client(root).get_experiment_by_name("demo")
    assert found is not None
    script = re.search(r"Object\.entries\((\{.*\})\)\)", page.first_visit())
    assert script
    choices = {key: json.loads(value) for key, value in json.loads(script[1]).items()}
    assert choices["mlflow.workflowType_v1"] == "machine_learning"
    scope = f'MLflowLocalStorage-1.1-ExperimentPage-["{found.experiment_id}"]-ReactComponentState'
    assert choices[scope] == view.state()


def test_the_command_prints_where_each_dataset_is(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs.run(root)
    tracking.sync(root)
    served: list[tuple[str, int]] = []
    port = free_port()
    monkeypatch.setattr(page, "serve", lambda host, port: served.append((host, port)))
    assert f"demo       http://127.0.0.1:{port}/#/experiments/1/runs\n" in command(
        "ui", f"--port={port}"
    )
    assert served == [("127.0.0.1", port)]


def test_a_place_that_is_taken_is_one_line_with_the_cure(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TrackingError, match=f"another program listens.*PORT={port + 1}"):
            page.check_free("127.0.0.1", port)


def test_an_empty_store_has_a_page_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "serve", lambda host, port: None)
    port = free_port()
    printed = command("ui", f"--port={port}")
    assert printed == f"nothing is recorded yet; page: http://127.0.0.1:{port}\n"


def test_a_stores_own_server_is_named_with_the_view(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs.run(root)
    tracking.sync(root)
    monkeypatch.setattr(page, "is_server", lambda: True)
    monkeypatch.setattr(page, "serve", lambda host, port: pytest.fail("a second server"))
    assert "/#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey=heads\n" in (
        command("ui")
    )


@pytest.mark.parametrize("name", ["MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"])
def test_telemetry_is_off_in_the_environment_that_make_gives_the_page(name: str) -> None:
    printed = subprocess.run(
        ["make", "-n", "ui"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    line = next(line for line in printed.splitlines() if "ser track ui" in line)
    assert f"{name}=true " in line.partition(".venv")[0]
    assert page.QUIET[name] == "true"
