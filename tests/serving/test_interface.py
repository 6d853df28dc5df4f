"""The interface matches its description, whatever it is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.serving.processes import served

CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = [200, 422]

[[operations]]
include-path = "/predict/batch"

[operations.checks.negative_data_rejection]
enabled = false
"""
"""No description can say which bytes are a recording: for others the status is 422. A form has
no types: a number that should have been bytes is its digits, with an error in a batch."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_response_matches_the_description(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    limits = ("--per-minute", "1000000", "--megabytes", "2", "--seconds", "30")
    with served(folder, tmp_path / "served", *limits) as (url, process):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli"),
                *("--config-file", str(config), "run", f"{url}/openapi.json"),
                *("--max-examples", "60", "--seed", "0", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert process.poll() is None
        assert httpx.get(f"{url}/health").status_code == 200
