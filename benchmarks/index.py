"""How fast a dataset is indexed, against a plain loop over the same library.

The plain loop reads each file with soundfile, mixes it down, hashes the samples
and takes the peak, one file after the other; the index does that and its checks
on every core. Both read the same files, in turns, in one process.

    python benchmarks/index.py            # 1440 clips: RAVDESS from SER_MIRROR, or made up
    python benchmarks/index.py --quick    # 120 clips
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from pipeline.config.corpora import CorpusSettings, IndexSettings, PublicCorpus
from pipeline.config.folders import load
from pipeline.corpora import registry
from pipeline.corpora.index.build import build

RAVDESS = PublicCorpus(kind="public", corpus="ravdess", complete=False)


def plain_loop(paths: list[Path]) -> list[tuple[str, float]]:
    """A loop as one would write it at first."""
    found = []
    for path in paths:
        frames, _ = soundfile.read(path, dtype="float32", always_2d=True)
        mono = np.ascontiguousarray(frames.mean(axis=1))
        found.append((hashlib.sha256(mono.data).hexdigest(), float(np.abs(mono).max())))
    return found


def gather(folder: Path, clips: int) -> str:
    """Put clips into ``folder/ravdess``; says what they are."""
    archive = Path(os.environ.get("SER_MIRROR", "")) / "ravdess.zip"
    if archive.is_file():
        with zipfile.ZipFile(archive) as content:
            names = [name for name in sorted(content.namelist()) if name.endswith(".flac")]
            content.extractall(folder / "ravdess", names[:clips])
        return "RAVDESS clips"
    for number, clip in enumerate(sorted(registry.expected("ravdess", RAVDESS)[1])[:clips]):
        wave = np.random.default_rng(number).normal(0, 0.1, 48_000 * 4)
        target = folder / f"{clip}.flac"
        target.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(target, wave, 48_000)
    return "clips of made-up noise"


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="120 clips instead of 1440")
    clips = 120 if parser.parse_args().quick else 1440
    corpora: dict[str, CorpusSettings] = {"ravdess": RAVDESS}
    settings = load(IndexSettings, "index")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        what = gather(folder, clips)
        paths = sorted((folder / "ravdess").rglob("*.flac"))
        plain, ours = [], []
        for _ in range(3):
            plain.append(seconds(lambda: plain_loop(paths)))
            ours.append(
                seconds(lambda: build(folder / "ravdess", corpora, settings, progress=False))
            )
    slow, fast = float(np.median(plain)), float(np.median(ours))
    cores = len(os.sched_getaffinity(0))
    print(f"plain loop {len(paths) / slow:.0f} clips/s, index {len(paths) / fast:.0f} clips/s")
    print(
        f"ratio {slow / fast:.2f} (index against a plain soundfile loop, "
        f"{len(paths)} {what}, {cores} cores)"
    )


if __name__ == "__main__":
    main()
