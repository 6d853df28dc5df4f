"""Repositories of their own, with the real graph, code and environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from pipeline.config.base import read_params
from pipeline.config.folders import section_file
from pipeline.config.yaml12 import read_yaml
from tests.conftest import ROOT

COPIED = ("dvc.yaml", "params.yaml", ".dvcignore", "inputs", "papers", "studies", "stages", "src")
LEFT_OUT = ("__pycache__", "*.egg-info", "dvc.lock", ".gitignore", "encoders")


def make_project(folder: Path) -> Path:
    """A repository of its own in a new folder, with the demo as its only recipe.

    DVC resolves every recipe at each call, which for all of them takes seconds.
    """
    make_whole_project(folder)
    shutil.rmtree(folder / "papers")
    shutil.rmtree(folder / "studies")
    params = read_params(folder / "params.yaml")
    only = {"demo": params["recipes"]["demo"]}
    write(folder / "params.yaml", {**params, "recipes": only, "recipes_with_network": only})
    inputs = read_params(folder / "inputs/params.yaml")
    del inputs["initial_weights"]["others-to-ravdess"]
    write(folder / "inputs/params.yaml", inputs)
    graph = read_yaml(folder / "dvc.yaml")
    del graph["stages"]["compare"]
    graph["artifacts"] = {
        name: item for name, item in graph["artifacts"].items() if name.startswith("demo-")
    }
    write(folder / "dvc.yaml", graph)
    return folder


def make_whole_project(folder: Path) -> Path:
    """A repository of its own in a new folder, with every recipe."""
    folder.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignore = shutil.ignore_patterns(*LEFT_OUT)
            shutil.copytree(ROOT / name, folder / name, ignore=ignore, symlinks=True)
        else:
            shutil.copy(ROOT / name, folder / name)
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
        corpora={"demo": few_speakers(project, 4)},
        protocols={"speaker": {**params["protocols"]["speaker"], "folds": 2, "validation": 0.4}},
        networks={"tiny": {**params["networks"]["small"], "width": 4}},
        trainings={"tiny": {**params["trainings"]["brief"], "epochs": 4}},
        recipes={"demo": demo},
    )
    return project


def few_speakers(project: Path, speakers: int) -> dict[str, Any]:
    """The demo corpus with so many speakers."""
    inputs = read_params(project / "inputs/params.yaml")
    return {**inputs["corpora"]["demo"], "speakers": speakers}


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


def ser(folder: Path, *words: str, **environment: str) -> str:
    path = str(folder / "src")
    command = (sys.executable, "-m", "pipeline", *words)
    done = run(folder, *command, PYTHONPATH=path, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(folder: Path, message: str) -> None:
    """Commit everything that git does not ignore."""
    run(folder, "git", "add", "-A")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = run(folder, "git", *who, "commit", "-qm", message)
    assert done.returncode == 0, done.stderr


def stages_run(output: str) -> list[str]:
    """The stages that DVC says it ran, without the files that they lie in."""
    lines = (line for line in output.splitlines() if line.startswith("Running stage "))
    return [line.split("'")[1].rpartition(":")[2] for line in lines]


def change(folder: Path, **sections: Any) -> None:
    """Merge values into the project's params files, two levels deep."""
    for section, values in sections.items():
        path = section_file(section, folder)
        data = read_params(path)
        for name in (section, *(["recipes_with_network"] if section == "recipes" else [])):
            data[name] = {**(data.get(name) or {}), **values}
        write(path, data)


def write(path: Path, data: Any) -> None:
    """Write YAML in place of a file that may be a link to a shared one."""
    path.unlink(missing_ok=True)
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
