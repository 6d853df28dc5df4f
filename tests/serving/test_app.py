"""The service as a process of its own."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import soundfile

from tests.serving.conftest import RATE, tone


@pytest.fixture
def address(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Where the service listens, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pipeline.cli", "app"),
            *("--model", str(folder), "--port", str(port)),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 120
    while True:
        try:
            httpx.get(f"{url}/health")
            break
        except httpx.TransportError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < until
            time.sleep(0.2)
    yield url, process
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_it_answers_and_stops_when_asked(address: tuple[str, subprocess.Popen[str]]) -> None:
    url, process = address
    file = io.BytesIO()
    soundfile.write(file, tone(1), RATE, format="FLAC")
    answer = httpx.post(f"{url}/predict", files={"file": ("voice.flac", file.getvalue())})
    assert answer.status_code == 200
    assert answer.json()["seconds"] == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) in (0, -signal.SIGTERM)


def test_no_model_says_how_to_make_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "app"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "error: no model in exports; make one with: ser export RECIPE\n"
