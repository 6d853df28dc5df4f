"""The notebook of the documentation runs from its first cell to its last, on the demo in small."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT
from tests.graph.projects import dvc, make_small

NOTEBOOK = ROOT / "docs/notebooks/first-look.ipynb"


def read() -> Any:
    """The notebook."""
    return nbformat.reads(NOTEBOOK.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]


@pytest.mark.slow
def test_the_notebook_runs_on_what_a_recipe_leaves_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_small(tmp_path / "project")
    dvc(project, "repro", "evaluate@demo")
    monkeypatch.setenv("PYTHONPATH", str(project / "src"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    notebook = read()
    made = NotebookClient(notebook, resources={"metadata": {"path": str(project)}}).execute()
    last = made.cells[-1].outputs[-1]
    assert "softmax" in last["data"]["text/plain"]
    assert os.fspath(project) not in str(made)


def test_the_notebook_imports_nothing_private() -> None:
    cells = read().cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    imported = [line for line in code.splitlines() if line.startswith(("from ", "import "))]
    assert imported and not [line for line in imported if " _" in line or "._" in line]
