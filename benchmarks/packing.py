"""How a view's packing grows with processes, and what memory it takes.

Clips a second for 1, 2 and 4 processes over the same recordings, and the peak of
memory (parent and workers, private pages added up) at 1,000 and 10,000 clips,
which should be flat. Recordings are repeated to reach the number.

    python benchmarks/packing.py            # RAVDESS from SER_MIRROR, or made up
    python benchmarks/packing.py --quick
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
import soundfile

from pipeline.config.folders import load
from pipeline.config.views import ViewSettings
from pipeline.views import pack

MEGABYTE = 1e6


def gather(folder: Path, count: int) -> tuple[list[Path], str]:
    """Some recordings at 48 kHz; says what they are."""
    archive = Path(os.environ.get("SER_MIRROR", "")) / "ravdess.zip"
    if archive.is_file():
        with zipfile.ZipFile(archive) as content:
            names = sorted(name for name in content.namelist() if name.endswith(".flac"))
            chosen = names[:: max(1, len(names) // count)][:count]
            content.extractall(folder, chosen)
        return sorted(folder.rglob("*.flac")), "RAVDESS clips"
    for number in range(count):
        wave = np.random.default_rng(number).normal(0, 0.1, 48_000 * 4)
        soundfile.write(folder / f"{number:04}.flac", wave, 48_000)
    return sorted(folder.rglob("*.flac")), "clips of made-up noise"


def repeated(files: list[Path], count: int) -> list[tuple[str, Path, str]]:
    return [(f"clip/{n:06}", files[n % len(files)], str(n)) for n in range(count)]


def private(process: psutil.Process) -> float:
    """Private memory of a process and all its children, in megabytes."""
    total = 0.0
    for item in [process, *process.children(recursive=True)]:
        try:
            total += item.memory_full_info().uss / MEGABYTE
        except psutil.Error:
            continue
    return total


def measure(
    recordings: list[tuple[str, Path, str]], settings: ViewSettings, workers: int
) -> tuple[float, float]:
    """Clips a second, and the peak of private memory in megabytes."""
    process, peak, done = psutil.Process(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], private(process))

    with tempfile.TemporaryDirectory() as name:
        watcher = threading.Thread(target=watch)
        watcher.start()
        start = time.perf_counter()
        pack.pack(
            recordings,
            settings,
            Path(name) / "view",
            Path(name) / "work",
            seed=0,
            workers=workers,
            progress=False,
        )
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    return len(recordings) / seconds, peak[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the clips")
    quick = parser.parse_args().quick
    settings: ViewSettings = load(ViewSettings, "views", "ravdess-mel")  # type: ignore[arg-type]
    small, large = (100, 1000) if quick else (1000, 10_000)
    with tempfile.TemporaryDirectory() as name:
        files, what = gather(Path(name), 100 if quick else 400)
        measure(repeated(files, 2 * pack.SHARD), settings, 2)
        speeds = {}
        for workers in (1, 2, 4):
            speeds[workers], _ = measure(repeated(files, 2 * small), settings, workers)
            print(f"{workers} processes: {speeds[workers]:.0f} clips/s")
        peaks = {}
        for count in (small, large):
            _, peaks[count] = measure(repeated(files, count), settings, 2)
            print(f"{count} clips, 2 processes: peak {peaks[count]:.0f} MB of private memory")
    print(f"memory ratio {peaks[large] / peaks[small]:.2f} ({large} clips against {small})")
    print(
        f"ratio {speeds[2] / speeds[1]:.2f} (2 processes against 1, {2 * small} {what}, "
        f"{pack.cores()} cores; 4 against 1: {speeds[4] / speeds[1]:.2f})"
    )


if __name__ == "__main__":
    main()
