"""What the set-up promises: one lock, no telemetry, capped threads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked() -> set[str]:
    return {line.split("==")[0] for line in LOCK.splitlines() if re.match(r"^[a-z0-9]", line)}


def test_every_requirement_is_locked_but_torch_which_comes_first() -> None:
    groups = [PROJECT["project"]["dependencies"], PROJECT["dependency-groups"]["dev"]]
    named = {
        re.split(r"[\[=<>!~ ]", item)[0].lower().replace(".", "-")
        for group in groups
        for item in group
    }
    assert named - locked() == {"torch"}


def test_torch_is_pinned_alike_in_makefile_and_project() -> None:
    pin = next(item for item in PROJECT["project"]["dependencies"] if item.startswith("torch=="))
    assert f"TORCH := {pin}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_lock_names_no_cuda_package() -> None:
    assert not [name for name in locked() if name.startswith(("nvidia", "triton", "torch"))]


@pytest.mark.parametrize("name", ["MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"])
def test_importing_the_package_turns_telemetry_off(name: str) -> None:
    code = f"import os, pipeline; print(os.environ[{name!r}])"
    assert _python(code) == "true"


def test_threads_are_capped_before_numeric_libraries_load() -> None:
    code = "import pipeline, torch; print(torch.get_num_threads())"
    assert _python(code, SER_THREADS="1") == "1"


def test_dvc_sends_no_analytics() -> None:
    assert "analytics = false" in (ROOT / ".dvc/config").read_text(encoding="utf-8")


def test_dvcs_plots_need_no_internet(tmp_path: Path) -> None:
    """The template brings its libraries; a project of its own draws with it."""
    config = (ROOT / ".dvc/config").read_text(encoding="utf-8")
    assert "html_template = plots.html" in config
    for command in ("git init -q", "dvc init -q"):
        subprocess.run(command.split(), cwd=tmp_path, check=True, env=_with_dvc())
    for name in ("config", "plots.html"):
        shutil.copy(ROOT / ".dvc" / name, tmp_path / ".dvc" / name)
    (tmp_path / "heads.csv").write_text("head,uar\nsvm,0.5\nmlp,0.6\n")
    subprocess.run(
        ["dvc", "plots", "show", "heads.csv", "-o", "out"], cwd=tmp_path, check=True,
        env=_with_dvc(),
    )  # fmt: skip
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "vegaEmbed(" in page
    assert not re.findall(r"<script[^>]+src=", page)


def _with_dvc() -> dict[str, str]:
    folder = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def _python(code: str, **environment: str) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OMP", "MKL"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
