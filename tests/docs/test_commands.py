"""Every command that the documentation shows exists, with its flags and the names in it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from dvc.cli.parser import get_main_parser

from docs.generators.commands import tree
from pipeline.config.folders import names, recipes
from pipeline.graph.targets import Graph
from tests.conftest import ROOT
from tests.docs.shell import Shown, commands, defined

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = [
    (page, shown)
    for page in PAGES
    for shown in dict.fromkeys(commands(page, page.relative_to(ROOT).as_posix()))
]
PLACEHOLDER = re.compile(r"[A-Z]+|[a-z-]+@[A-Z]+|…|papers/[A-Z]+/dvc\.yaml")
ADDED = re.compile(r"ser (?:paper new|dataset add) ([a-z][\w-]*)")
"""A name that a page has its reader make."""

TAKES = {
    "run": "target",
    "reproduce": "recipe",
    "export": "recipe",
    "report show": "recipe",
    "report compare": "recipe",
    "config show": "recipe",
    "dataset show": "dataset",
}


def of(program: str) -> list[Any]:
    """The commands of a program, as parameters of a test."""
    found = [(page, shown) for page, shown in SHOWN if shown.words[0] == program]
    return [pytest.param(page, shown, id=str(shown)) for page, shown in found]


def known(kind: str, page: Path) -> set[str]:
    """The names that there are, and those that the page itself defines."""
    if kind == "dataset":
        return set(names("datasets", ROOT)) | defined(page)
    graph = Graph(ROOT)
    folders = {path.parent.name for path in graph.files} | {
        path.parent.relative_to(ROOT).as_posix() for path in graph.files
    }
    own = defined(page) | set(ADDED.findall(page.read_text(encoding="utf-8")))
    if kind == "recipe":
        return set(recipes(ROOT)) | own
    stages = {stage.partition("@")[0] for stage in graph.stages if "@" in stage}
    return {*graph.stages, *graph.recipes, *folders, *own} | {
        f"{stage}@{name}" for stage in stages for name in own
    }


@pytest.mark.parametrize(("page", "shown"), of("make"))
def test_a_make_target_exists(page: Path, shown: Shown) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    words = [word for word in shown.words[1:] if "=" not in word]
    assert set(words) <= targets
    for word in shown.words[1:]:
        name, _, value = word.partition("=")
        if name == "RECIPE" and value and not PLACEHOLDER.fullmatch(value):
            assert value in known("recipe", page)


@pytest.mark.parametrize(("page", "shown"), of("ser"))
def test_a_ser_command_exists_with_its_options_and_names(page: Path, shown: Shown) -> None:
    command, words = tree(), list(shown.words[1:])
    way: list[str] = []
    while getattr(command, "commands", None) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"{shown}: {words[0]} is no command"
        way.append(words[0])
        command = command.commands[words.pop(0)]
    options = {
        name: param
        for param in command.params
        if param.param_type_name == "option"
        for name in (*param.opts, *param.secondary_opts)
    }
    given = []
    while words:
        word, _, value = words.pop(0).partition("=")
        if word == "--help":
            continue
        if not word.startswith("--"):
            given.append(word)
            continue
        assert word in options, f"{shown}: no option {word}"
        if not options[word].is_flag and not value and words:
            words.pop(0)
    kind = TAKES.get(" ".join(way))
    for name in given if kind else []:
        assert PLACEHOLDER.fullmatch(name) or name in known(kind or "", page), (
            f"{shown}: there is no {kind} {name}"
        )


@pytest.mark.parametrize(("page", "shown"), of("dvc"))
def test_a_dvc_command_parses_and_its_stages_exist(page: Path, shown: Shown) -> None:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            parsed = get_main_parser().parse_args(list(shown.words[1:]))
        except Exception as error:  # DVC's own, which says what is wrong with the line
            pytest.fail(f"{shown}: {error} {said.getvalue()}")
    if shown.words[1] in ("repro", "commit") or shown.words[1:3] == ("exp", "run"):
        stages = known("target", page)
        for target in parsed.targets or []:
            file, _, stage = target.rpartition(":")
            assert PLACEHOLDER.fullmatch(stage) or stage in stages or (ROOT / target).is_file(), (
                f"{shown}: there is no stage {stage}"
            )
            assert not file or (ROOT / file).is_file()
