"""The machine that trains: its device, its memory, and all that makes two runs alike."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import torch

from pipeline import THREADS

MMAP_THRESHOLD: Final = -3
TRIM_THRESHOLD: Final = -1


def device() -> torch.device:
    """The GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def keep_memory() -> None:
    """Have the allocator keep what a step frees: asking the kernel anew costs a tenth.

    Two settings of glibc; elsewhere nothing happens.
    """
    allocator = getattr(ctypes.CDLL(None), "mallopt", None)
    if allocator is not None:
        allocator(MMAP_THRESHOLD, 1 << 30)
        allocator(TRIM_THRESHOLD, (1 << 31) - 1)


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """One place for everything that makes two runs alike."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(THREADS)
    torch.manual_seed(seed)
    # grid_sample's gradient is not taken, so its missing deterministic form on a GPU
    # matters to nobody; a warning is enough.
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Every buffer is written before it is read here; filling them costs a tenth.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def environment() -> dict[str, Any]:
    """What the weights depend on besides data and settings: same pins, same weights."""
    place = device()
    return {
        "device": torch.cuda.get_device_name() if place.type == "cuda" else "cpu",
        "threads": THREADS,
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "machine": platform.machine(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
