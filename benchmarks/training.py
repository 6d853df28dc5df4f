"""How fast the training loop is, against a plain PyTorch loop of the same network.

Both train the network of a recipe on the same random images, in turns, round by round,
with the same number of threads. The plain loop is the one of every tutorial: a Dataset,
a DataLoader, AdamW, nothing else. Ours is timed twice: as plainly, and with everything
that the recipe's training asks for (augmentation, mixup, running average).

Then the share of the machine: the network's operations in a second of training, by
torch's own counter, against what the same machine reaches in a large matrix product.

    python benchmarks/training.py                     # the network of ravdess-best
    python benchmarks/training.py --quick
    python benchmarks/training.py --network plain     # another of params.yaml
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from pipeline import THREADS
from pipeline.config.folders import load
from pipeline.config.trainings import TrainingSettings
from pipeline.core import machine
from pipeline.networks import registry
from pipeline.networks.registry import load_network
from pipeline.networks.settings import NetworkSettings
from pipeline.training import loop
from pipeline.training.clips import Clips, clips

EMOTIONS = 8
SIDE = 128


class Images(Dataset[tuple[torch.Tensor, int]]):
    """Images one by one, as floats."""

    def __init__(self, array: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> None:
        self.array, self.labels = array, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, int]:
        image = torch.from_numpy(self.array[place].astype(np.float32) / 255)
        return image[None], int(self.labels[place])


class Plain:
    """The loop of every tutorial."""

    def __init__(
        self, settings: NetworkSettings, batch: int, data: Images, device: torch.device
    ) -> None:
        self.device = device
        self.network = registry.make(settings, (1, SIDE, SIDE), EMOTIONS).to(device)
        self.loader = DataLoader(data, batch_size=batch, shuffle=True, drop_last=True)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=1e-3)
        self.loss = nn.CrossEntropyLoss()

    def epoch(self) -> float:
        """Seconds of one epoch."""
        self.network.train()
        start = time.perf_counter()
        for images, labels in self.loader:
            self.optimiser.zero_grad()
            loss = self.loss(self.network(images.to(self.device)), labels.to(self.device))
            loss.backward()
            self.optimiser.step()
        _wait(self.device)
        return time.perf_counter() - start


def ours(network: NetworkSettings, settings: TrainingSettings, rows: Clips) -> Callable[[], float]:
    """One epoch of the product's loop, timed from the end of the one before it."""

    def epoch() -> float:
        ends: list[float] = []
        loop.fit(
            rows,
            None,
            network,
            settings.model_copy(update={"epochs": 2}),
            emotions=EMOTIONS,
            seed=0,
            on_epoch=lambda _: ends.append(time.perf_counter()),
            progress=False,
        )
        return ends[1] - ends[0]

    return epoch


def peak(device: torch.device) -> float:
    """Operations per second of a large matrix product: the best of some."""
    size = 8192 if device.type == "cuda" else 1536
    one, two = torch.rand(2, size, size, device=device)
    best = 0.0
    for _ in range(8):
        start = time.perf_counter()
        one @ two
        _wait(device)
        best = max(best, 2 * size**3 / (time.perf_counter() - start))
    return best


def operations(settings: NetworkSettings) -> float:
    """Operations of one clip's training step."""
    network = registry.make(settings, (1, SIDE, SIDE), EMOTIONS)
    counter = FlopCounterMode(display=False)
    with counter:
        network(torch.rand(4, 1, SIDE, SIDE)).sum().backward()
    return counter.get_total_flops() / 4


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer clips and rounds")
    parser.add_argument("--network", default="wide", help="name in params.yaml")
    parser.add_argument("--training", default="thorough", help="name in params.yaml")
    options = parser.parse_args()
    count, rounds = (128, 3) if options.quick else (512, 7)
    network = load_network(options.network)
    full = load(TrainingSettings, "trainings", options.training)
    full = full.model_copy(update={"validation": "learn", "patience": None})
    nothing = dict.fromkeys(type(full.augment).model_fields, 0)
    bare = full.model_copy(
        update={
            "augment": full.augment.model_copy(update=nothing),
            "mixup": 0.0,
            "average": None,
            "schedule": "constant",
        }
    )
    device = machine.device()
    torch.set_num_threads(THREADS)
    rng = np.random.default_rng(0)
    array = rng.integers(0, 256, (count, SIDE, SIDE), dtype=np.uint8)
    labels = rng.integers(EMOTIONS, size=count)
    rows = clips(array, labels)
    plain = Plain(network, full.batch, Images(array, labels), device)
    sides = {
        "plain PyTorch loop": plain.epoch,
        "ours, doing as much": ours(network, bare, rows),
        "ours, all of the recipe": ours(network, full, rows),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    peaks = []
    plain.epoch()
    for _ in range(rounds):
        peaks.append(peak(device))
        for name, epoch in sides.items():
            times[name].append(epoch())
    trained = count // full.batch * full.batch
    top, work = max(peaks), operations(network)
    print(f"{options.network}: {work / 1e9:.2f} G operations a clip and step, {device}, ", end="")
    print(f"{THREADS} threads; matrix product {top / 1e9:.0f} G/s")
    for name, seconds in times.items():
        speed = trained / min(seconds)
        share = speed * work / top
        print(f"  {name:26} {speed:8.0f} clips/s  {100 * share:4.0f} % of the matrix product")
    ratios = [
        before / after
        for before, after in zip(
            times["plain PyTorch loop"], times["ours, doing as much"], strict=True
        )
    ]
    print(f"ratio {statistics.median(ratios):.2f} (our training loop against a plain PyTorch loop)")


if __name__ == "__main__":
    main()
