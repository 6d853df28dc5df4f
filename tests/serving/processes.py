"""The service as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


def free_port() -> int:
    """A port that no process listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def awaited(process: subprocess.Popen[str], address: str, seconds: float = 120) -> None:
    """Wait until a process responds at an address."""
    until = time.monotonic() + seconds
    while True:
        try:
            httpx.get(address)
            return
        except httpx.TransportError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < until
            time.sleep(0.1)


@contextmanager
def served(
    model: Path, store: Path, *words: str, cwd: Path | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running ``ser app``: where it listens, and its process, which is killed at the end."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pipeline.cli", "app", "--port", str(port)),
            *("--model", str(model), "--store", str(store), *words),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        awaited(process, f"{url}/health")
        yield url, process
    finally:
        process.kill()
        process.communicate()
