"""Gather the weights that trainings begin from."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.base import load
from pipeline.config.initial_weights import StartSettings
from pipeline.training.initial_weights.make import make


def main(name: str) -> None:
    settings: StartSettings = load(StartSettings, "starts", name)  # type: ignore[arg-type]
    about = make(settings, Path("models/starts") / name)
    print(f"{name}: {len(about['files'])} sets of weights in models/starts/{name}")
