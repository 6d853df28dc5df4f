"""What a request costs: latency of a three-second clip, throughput, and whether memory grows.

The service runs as a process of its own, as `ser app` starts it, once with each engine. Engines
are measured in turns, round by round, and each one's best round is taken, for other work on
the machine only ever adds. Then 1 to 32 clients send to the first engine at once, and at last
one client sends thousands of requests while the process's memory is read.

    ser export demo
    python benchmarks/serving.py            # the only export there is
    python benchmarks/serving.py --quick    # fewer requests
"""

from __future__ import annotations

import argparse
import io
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
import numpy as np
import psutil
import soundfile
from tqdm import tqdm

RATE = 16_000
ENGINES = ("int8", "onnx", "torch")
CLIENTS = (1, 2, 4, 8, 16, 32)
CONNECTIONS = httpx.Limits(max_connections=max(CLIENTS), max_keepalive_connections=max(CLIENTS))
TRIMMED = 0.2


def clip() -> bytes:
    """Three seconds of a synthetic vowel, as a WAV file."""
    times = np.arange(3 * RATE) / RATE
    pitch = 120 + 20 * np.sin(2 * np.pi * 3 * times)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = sum(np.sin(number * phase) / number for number in range(1, 20))
    file = io.BytesIO()
    soundfile.write(file, 0.1 * np.asarray(wave), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


@contextmanager
def service(engine: str, model: str | None) -> Iterator[tuple[str, psutil.Process]]:
    """A service and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "pipeline.cli", "app", "--port", str(port)]
    words += ["--engine", engine, "--per-minute", "1000000", "--no-page"]
    words += ["--model", model] if model else []
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            if process.poll() is not None:
                sys.exit("the service did not start")
            try:
                httpx.get(f"{url}/health")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def request(client: httpx.Client, url: str, content: bytes) -> float:
    """Seconds from request to answer."""
    start = time.perf_counter()
    client.post(f"{url}/predict", files={"file": ("a.wav", content)}).raise_for_status()
    return time.perf_counter() - start


def latencies(url: str, content: bytes, count: int) -> list[float]:
    """Of one client that sends one request after the other."""
    with httpx.Client() as client:
        return [request(client, url, content) for _ in range(count)]


def throughput(url: str, content: bytes, clients: int, count: int) -> tuple[float, list[float]]:
    """Responses per second for clients that send at once, and the seconds of each."""
    each = max(4, count // clients)
    with (
        ThreadPoolExecutor(clients) as pool,
        httpx.Client(limits=CONNECTIONS, timeout=60) as client,
    ):
        # All clients are connected before the clock runs.
        list(pool.map(lambda _: client.get(f"{url}/health"), range(2 * clients)))
        start = time.perf_counter()
        times = list(pool.map(lambda _: request(client, url, content), range(each * clients)))
        return each * clients / (time.perf_counter() - start), times


def quantile(times: list[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * float(np.quantile(times, share))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="fewer requests")
    parser.add_argument("--model", help="an export; by default the only one in exports/")
    options = parser.parse_args()
    count, rounds, long = (30, 3, 300) if options.quick else (100, 5, 5000)
    content = clip()
    with ExitStack() as stack:
        running = {
            engine: stack.enter_context(service(engine, options.model)) for engine in ENGINES
        }
        best: dict[str, list[float]] = {}
        for _ in range(rounds):
            for engine, (url, _) in running.items():
                times = latencies(url, content, count)
                if engine not in best or statistics.median(times) < statistics.median(best[engine]):
                    best[engine] = times
        for engine, times in best.items():
            half, worst = quantile(times, 0.5), quantile(times, 0.99)
            print(f"{engine:6} p50 {half:7.1f} ms   p99 {worst:7.1f} ms")
        url, process = running[ENGINES[0]]
        for clients in CLIENTS:
            rate, times = throughput(url, content, clients, 2 * count)
            half, worst = quantile(times, 0.5), quantile(times, 0.99)
            print(
                f"{ENGINES[0]}, {clients:2} clients: {rate:6.1f} clips a second   "
                f"p50 {half:7.1f} ms   p99 {worst:7.1f} ms"
            )
        sizes = []
        with httpx.Client() as client:
            for _ in tqdm(range(long), desc="memory", unit="request"):
                request(client, url, content)
                sizes.append(process.memory_info().rss / 1e6)
        trimmed = round(TRIMMED * long)
        early, late = np.mean(sizes[trimmed : 2 * trimmed]), np.mean(sizes[-trimmed:])
        print(f"memory over {long} requests: {early:.0f} MB, then {late:.0f} MB")
    median = {engine: statistics.median(times) for engine, times in best.items()}
    ratio = median["torch"] / median["int8"]
    print(f"ratio {ratio:.2f} (ONNX int8 against torch, latency of a three-second clip over HTTP)")


if __name__ == "__main__":
    main()
