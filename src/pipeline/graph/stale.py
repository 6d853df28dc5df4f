"""Which stages of a recipe are stale, and why, in words.

``dvc status`` says that a file or a parameter is modified. Here the entry that DVC wrote
when it last ran a stage is held against what the stage would read now, so that a parameter
is named with its old and its new value, and a hash of code with the code that it is of.
Nothing is locked and nothing is written, so a run may be under way.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.config.yaml12 import read_yaml
from pipeline.core.layout import Layout
from pipeline.graph.plan import inside
from pipeline.graph.targets import LOCK, Graph

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage

CURRENT: Final = "up to date"
STALE: Final = "stale"
WAITS: Final = "waits"
NEVER: Final = "not run"
ABSENT: Final = "not here"

SOURCES: Final = "sources"
"""The stage that hashes code; its answer is looked up, so that it is no reason by itself."""

CODE_OF: Final = {
    "networks": "the network",
    "heads": "the heads of the set",
    "protocols": "the protocol",
}
"""What the files in each folder of ``sources`` hash the code of."""


@dataclass(frozen=True, slots=True)
class StageStatus:
    """A stage of a recipe as it stands.

    Attributes:
        stage: its name, as ``ser run`` takes it.
        state: ``up to date``; ``stale``; ``waits`` for a stage before it; ``not run`` with this
            code; or ``not here``, where nothing changed and files are to be pulled or made.
        why: a sentence for each reason.
    """

    stage: str
    state: str
    why: tuple[str, ...] = ()


def statuses(
    recipes: Sequence[str], graph: Graph | None = None
) -> dict[str, tuple[StageStatus, ...]]:
    """How the stages of recipes stand, in the order that DVC would take them.

    Args:
        recipes: their names.
        graph: of the repository; that of the working folder if absent.

    Returns:
        The stages of each recipe, from its download to its report.

    Raises:
        ConfigError: a recipe is not there.
    """
    from dvc.repo import Repo

    graph = graph or Graph()
    addresses = {name: graph.address_of_recipe(name) for name in recipes}
    with inside(graph.root), Repo() as repo:
        look = _Look(repo)
        return {name: look.recipe(address) for name, address in addresses.items()}


def summary(stages: Iterable[StageStatus]) -> StageStatus:
    """One line for a recipe: the state of the first stage that is not up to date.

    Args:
        stages: of the recipe.

    Example:
        >>> done = StageStatus("split@demo", "up to date")
        >>> old = StageStatus("train@demo", "stale", ("networks.small.width was 8, is 16",))
        >>> summary([done, old, StageStatus("embed@demo", "waits", ("for train@demo",))])
        StageStatus(stage='train@demo', state='stale', why=('networks.small.width was 8, is 16',))
        >>> summary([done]).state
        'up to date'
    """
    found = list(stages)
    for state in (STALE, NEVER, ABSENT):
        for item in found:
            if item.state == state:
                return item
    return StageStatus(found[-1].stage, CURRENT)


@dataclass(frozen=True, slots=True)
class _Look:
    """Stages of an open repository, each looked at once."""

    repo: Repo
    _seen: dict[str, StageStatus] = field(default_factory=dict)
    _locks: dict[Path, dict[str, Any]] = field(default_factory=dict)
    _code: dict[str, str] = field(default_factory=dict)

    def recipe(self, address: str) -> tuple[StageStatus, ...]:
        from dvc.repo.reproduce import get_active_graph, plan_repro

        active = get_active_graph(self.repo.index.graph)
        wanted = list(self.repo.stage.collect(address))
        found = []
        for stage in plan_repro(active, wanted):
            if stage.name == SOURCES:
                continue
            before = [self._seen.get(other.addressing) for other in active.successors(stage)]
            if stage.addressing not in self._seen:
                self._seen[stage.addressing] = self._status(
                    stage, [item for item in before if item]
                )
            found.append(self._seen[stage.addressing])
        return tuple(found)

    def _status(self, stage: Stage, before: Sequence[StageStatus]) -> StageStatus:
        entry = self._entry(stage)
        name = str(stage.name)
        if entry is None:
            return StageStatus(name, NEVER, ("never run with this code",))
        running = [item.stage for item in before if item.state in (STALE, WAITS, NEVER)]
        changed = [
            *_command(stage, entry),
            *_settings(stage, entry),
            *_files(stage, entry, self._sources(stage)),
        ]
        absent = [*_absent(stage)]
        if changed:
            return StageStatus(name, STALE, tuple(changed))
        if running:
            return StageStatus(name, WAITS, (f"for {', '.join(running)}",))
        if absent:
            return StageStatus(name, ABSENT, tuple(absent))
        return StageStatus(name, CURRENT)

    def _entry(self, stage: Stage) -> dict[str, Any] | None:
        """What DVC wrote of a stage when it last ran it."""
        path = Path(stage.path_in_repo).with_name(LOCK)
        if path not in self._locks:
            self._locks[path] = (
                (read_yaml(path) or {}).get("stages") or {} if path.is_file() else {}
            )
        found: dict[str, Any] | None = self._locks[path].get(stage.name)
        return found

    def _sources(self, stage: Stage) -> Mapping[str, str]:
        """The hashes of the code as it is now: as DVC would see the files, were they made."""
        if not self._code and any(_is_code(path) for path in _paths(stage)):
            self._code.update(code_now(Path()))
        return self._code


def code_now(root: Path) -> dict[str, str]:
    """What DVC would see of each file of ``sources``, were the stage of that name run now.

    Args:
        root: of the repository.
    """
    from pipeline.core import code
    from pipeline.stages.sources import families

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / SOURCES
        code.write(root, made, families(root))
        return {
            (Layout().code / path.relative_to(made)).as_posix(): _md5(path)
            for path in made.rglob("*.json")
        }


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _command(stage: Stage, entry: Mapping[str, Any]) -> Iterator[str]:
    if stage.cmd != entry.get("cmd"):
        yield f"its command was {entry.get('cmd')}, is {stage.cmd}"


def _settings(stage: Stage, entry: Mapping[str, Any]) -> Iterator[str]:
    """Parameters that changed, with their old and their new value."""
    from dvc.dependency import ParamsDependency

    recorded = {_place(stage, path): values for path, values in entry.get("params", {}).items()}
    for dep in stage.deps:
        if not isinstance(dep, ParamsDependency):
            continue
        path = _place(stage, dep.def_path)
        old = recorded.get(path) or {}
        new = dep.read_params()
        gone, come = (sorted(set(one) - set(two)) for one, two in ((old, new), (new, old)))
        for key, other in zip(gone, come, strict=False):
            yield f"{path}: it reads {other} in place of {key}"
        yield from (f"{path}: {key} is no longer read" for key in gone[len(come) :])
        yield from (f"{path}: {key} is read as well" for key in come[len(gone) :])
        for key in sorted(set(old) & set(new)):
            for name, was, now in differences(old[key], new[key], key):
                yield f"{path}: {name} was {_shown(was)}, is {_shown(now)}"


ABSENT_VALUE: Final = object()
"""Stands for a value that one side does not have."""


def differences(old: Any, new: Any, name: str) -> Iterator[tuple[str, Any, Any]]:
    """The innermost values that differ, with their full names.

    Args:
        old: a value of params.yaml, as it was.
        new: as it is.
        name: of the value.

    Example:
        >>> old = {"kind": "cnn", "channels": [4, 8], "dropout": 0.3}
        >>> list(differences(old, {**old, "dropout": 0.5}, "networks.plain"))
        [('networks.plain.dropout', 0.3, 0.5)]
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(
                old.get(key, ABSENT_VALUE), new.get(key, ABSENT_VALUE), f"{name}.{key}"
            )
    elif _plain(old) != _plain(new):
        yield name, old, new


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    if value is ABSENT_VALUE:
        return "not there"
    text = "null" if value is None else str(_plain(value))
    return text if len(text) < 60 else f"{text[:57]}…"


def _files(stage: Stage, entry: Mapping[str, Any], code: Mapping[str, str]) -> Iterator[str]:
    """Files and code that changed, by DVC's hashes."""
    recorded = {_place(stage, item["path"]): item for item in entry.get("deps", [])}
    current = _paths(stage)
    gone = [path for path in recorded if path not in current]
    come = [path for path in current if path not in recorded]
    for path, other in zip(gone, come, strict=False):
        yield f"it reads {_named(other)} in place of {_named(path)}"
    yield from (f"{_named(path)} is no longer read" for path in gone[len(come) :])
    yield from (f"{_named(path)} is read as well" for path in come[len(gone) :])
    for path, dep in current.items():
        if path not in recorded:
            continue
        if path in code:
            if code[path] != recorded[path].get("md5"):
                yield f"{_named(path)} changed"
        elif dep.workspace_status().get(str(dep)) == "modified":
            yield f"{path} changed"
    for out in stage.outs:
        if out.workspace_status().get(str(out)) == "modified":
            yield f"{_place(stage, out.def_path)} is not as this stage wrote it"


def _absent(stage: Stage) -> Iterator[str]:
    """Outputs that are not there, though nothing that they follow from has changed."""
    paths = [_place(stage, out.def_path) for out in stage.outs if not out.exists]
    if paths:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield f"{paths[0]}{more} not here; take it from a remote with dvc pull, or run it"


def _paths(stage: Stage) -> dict[str, Any]:
    """The files and folders that a stage reads, from the repository's root."""
    from dvc.dependency import ParamsDependency

    deps = (dep for dep in stage.deps if not isinstance(dep, ParamsDependency))
    return {_place(stage, dep.def_path): dep for dep in deps}


def _place(stage: Stage, path: str) -> str:
    """A path of a dvc.yaml, from the repository's root."""
    return Path(os.path.relpath(Path(stage.wdir, path), stage.repo.root_dir)).as_posix()


def _is_code(path: str) -> bool:
    return path.startswith(f"{Layout().code.as_posix()}/")


def _named(path: str) -> str:
    """A dependency in words.

    Example:
        >>> _named("sources/networks/small.json"), _named("sources/train.json")
        ('the code of the network small', 'the code of the stage train')
        >>> _named("data/views/demo-mel")
        'data/views/demo-mel'
    """
    if not _is_code(path):
        return path
    section, _, name = path.removeprefix("sources/").removesuffix(".json").rpartition("/")
    return f"the code of {CODE_OF.get(section, 'the stage')} {name}"
