"""The weights that AlexNet and VGG learned on ImageNet, as torchvision publishes them.

A published file's name ends with the first digits of its SHA-256, which the fetched one is
held to. Files are read as tensors alone: nothing in them is run.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pipeline.core.errors import DownloadError, TrainingError
from pipeline.corpora.fetch.download import Fetcher, RemoteFile, checksum
from pipeline.networks.imagenet import VGG, alexnet, vgg

ADDRESS: Final = "https://download.pytorch.org/models"
NAMES: Final = {
    "alexnet": "alexnet-owt-7be5be79.pth",
    "vgg16": "vgg16-397923af.pth",
    "vgg19": "vgg19-dcbb9e9d.pth",
}
COLOURS: Final = 3


def fetch(
    layout: str, folder: Path, address: str = ADDRESS, fetcher: Fetcher | None = None
) -> Path:
    """Fetch a file into a folder, with a progress bar.

    Args:
        layout: of the network.
        folder: for the file.
        address: of the folder that it is published in.
        fetcher: how to fetch; as corpora are fetched if absent.

    Raises:
        TrainingError: it cannot be reached, or is not what its checksum promises.
    """
    name = NAMES[layout]
    file = RemoteFile(name, (f"{address}/{name}",), None, "")
    cure = f"fetch {name} elsewhere and name it as file and source in inputs/params.yaml"
    try:
        path = (fetcher or Fetcher()).fetch(file, folder)
    except DownloadError as error:
        raise TrainingError(f"{error}; or {cure}") from None
    if not checksum(path, "sha256").startswith(name.partition(".")[0].rpartition("-")[2]):
        path.unlink()
        raise TrainingError(f"{file.urls[0]}: is not what its checksum promises; {cure}")
    return path


def read(path: Path, layout: str) -> dict[str, Tensor]:
    """The weights of a file of torchvision's, or of a safetensors file with its names.

    Raises:
        TrainingError: it is not there, is no such file, or is another network's.
    """
    if not path.is_file():
        raise TrainingError(
            f"{path}: no such file; correct it in inputs/params.yaml, or write file: null"
        )
    try:
        weights: dict[str, Any] = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError, SafetensorError):
        raise TrainingError(
            f"{path}: is no file of weights, or is damaged; fetch it anew"
        ) from None
    body = alexnet(COLOURS) if layout == "alexnet" else vgg(COLOURS, VGG[layout])
    for name, wanted in body.state_dict(prefix="features.").items():
        given = weights.get(name) if isinstance(weights, dict) else None
        if not isinstance(given, Tensor) or given.shape != wanted.shape:
            raise TrainingError(f"{path}: {name} is not {layout}'s; name a file of {layout}")
    return {name: value.contiguous() for name, value in weights.items()}
