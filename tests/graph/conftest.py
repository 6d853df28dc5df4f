"""Repositories that DVC has run, for tests to copy and change."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from dvc.repo import Repo

GRAPH = f"""
stages:
  view:
    cmd: {sys.executable} -c "open('view.txt', 'w').write('pixels')"
    deps: [sound.txt]
    outs: [view.txt]
  train:
    foreach: ${{recipes}}
    do:
      cmd: {sys.executable} -c "open('${{key}}.net', 'w').write('weights')"
      deps: [view.txt]
      params: ["networks.${{item.network}}"]
      outs: ["${{key}}.net"]
  evaluate:
    foreach: ${{recipes}}
    do:
      cmd: {sys.executable} -c "open('${{key}}.txt', 'w').write('figures')"
      deps: ["${{key}}.net"]
      outs: ["${{key}}.txt"]
"""
PARAMS = """
networks:
  small: {width: 16}
  wide: {width: 32}
recipes:
  demo: {network: small}
  other: {network: wide}
"""


@pytest.fixture(scope="session")
def finished_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of two recipes, of which the demo was run."""
    root = tmp_path_factory.mktemp("status")
    (root / "dvc.yaml").write_text(GRAPH)
    (root / "params.yaml").write_text(PARAMS)
    (root / "sound.txt").write_text("a")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        with Repo.init(no_scm=True) as repo:
            repo.reproduce("evaluate@demo")
    return root


@pytest.fixture
def root(finished_graph: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(finished_graph, tmp_path / "root", symlinks=True))
