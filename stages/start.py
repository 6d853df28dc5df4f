"""Stage: gather the weights that trainings begin from."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.config.base import load
from pipeline.config.starts import StartSettings
from pipeline.errors import spoken
from pipeline.starts.make import make


def main(name: str) -> None:
    settings: StartSettings = load(StartSettings, "starts", name)  # type: ignore[arg-type]
    about = make(settings, Path("models/starts") / name)
    print(f"{name}: {len(about['files'])} sets of weights in models/starts/{name}")


if __name__ == "__main__":
    with spoken():
        main(sys.argv[1])
