"""Repositories of their own, with the real graph, code and environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.config.base import read_params
from tests.conftest import ROOT


def make_project(folder: Path) -> Path:
    """A repository of its own in a new folder, with the demo as its only recipe.

    DVC resolves every recipe at each call, which for all of them takes seconds.
    """
    folder.mkdir(parents=True)
    for name in ("dvc.yaml", "params.yaml", "published.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("src", "stages"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    params = read_params(folder / "params.yaml")
    params["recipes"] = {"demo": params["recipes"]["demo"]}
    params["audits"] = {"ladder": {}, "matrix": {}}
    YAML().dump(params, folder / "params.yaml")
    (folder / ".venv/bin").mkdir(parents=True)
    python = folder / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH=src exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    run(folder, "git", "init", "-q")
    dvc(folder, "init", "-q")
    dvc(folder, "config", "core.analytics", "false")
    return folder


def make_small(folder: Path, **recipe: Any) -> Path:
    """The demo's whole graph on few speakers, with a small network."""
    project = make_project(folder)
    params = read_params(project / "params.yaml")
    demo = {**params["recipes"]["demo"], "network": "tiny", "training": "tiny", **recipe}
    change(
        project,
        corpora={"demo": {"kind": "demo", "speakers": 4, "seed": 1}},
        protocols={"speaker": {**params["protocols"]["speaker"], "folds": 2, "validation": 0.4}},
        networks={"tiny": {**params["networks"]["small"], "width": 4}},
        trainings={"tiny": {**params["trainings"]["brief"], "epochs": 4}},
        recipes={"demo": demo},
    )
    return project


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "SER_MIRROR": "", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def dvc(folder: Path, *words: str, **environment: str) -> str:
    done = run(folder, sys.executable, "-m", "dvc", *words, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def change(folder: Path, **sections: Any) -> None:
    """Merge values into the project's params.yaml, two levels deep."""
    data = read_params(folder / "params.yaml")
    for section, values in sections.items():
        for key, value in values.items():
            data[section][key] = value
    YAML().dump(data, folder / "params.yaml")
