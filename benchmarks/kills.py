"""Killed at random moments, again and again: does a recipe always end in the same hashes?

The demo's graph on few speakers is run undisturbed once; then it is run and killed with
SIGKILL, all its processes, at random moments, and started again each time with nothing
cleaned by hand. Whenever it ends, its lock files must be those of the undisturbed run.

    .venv/bin/python benchmarks/kills.py             # 100 kills
    .venv/bin/python benchmarks/kills.py --quick     # 5
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.graph.projects import make_small
from tests.graph.test_recovery import locks, start, wipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="5 kills")
    given = parser.parse_args()
    kills = 5 if given.quick else given.kills
    with tempfile.TemporaryDirectory() as name:
        same, ended, seconds = compare(Path(name), kills, random.Random(given.seed))
    print(f"{kills} kills; it ended {ended} times, and {same} times in the same hashes")
    print(f"ratio {same / ended:.2f} (same hashes against runs that ended, {seconds:.0f} s a run)")
    raise SystemExit(same != ended)


def compare(folder: Path, kills: int, moments: random.Random) -> tuple[int, int, float]:
    """Kill so many runs, and count how often what ends is what it should be."""
    calm = make_small(folder / "calm", heads="svm-gaussian")
    killed = folder / "killed"
    shutil.copytree(calm, killed, symlinks=True)
    begun = time.monotonic()
    finish(start(calm))
    seconds = time.monotonic() - begun
    wanted = locks(calm)
    same = ended = 0
    with tqdm(total=kills, unit="kill") as bar:
        while bar.n < kills:
            process = start(killed)
            try:
                output, _ = process.communicate(timeout=moments.uniform(0.02, 0.4) * seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                bar.update()
                continue
            if process.returncode:
                raise SystemExit(output.decode())
            ended += 1
            same += locks(killed) == wanted
            wipe(killed)
    finish(start(killed))
    return same + (locks(killed) == wanted), ended + 1, seconds


def finish(process: subprocess.Popen[bytes]) -> None:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(output.decode())


if __name__ == "__main__":
    main()
