"""From a recipe's outputs to its runs, in stages as they end and in ``ser track sync``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.core.errors import PackageError
from pipeline.tracking import champion
from pipeline.tracking.outputs import Outputs, flat, identity, recipes, sha256
from pipeline.tracking.store import Known, now, prepare
from pipeline.tracking.tree import By, Live, Tree, named

TRIALS: Final = 50
"""So many tried settings of a head are runs of their own; more would bury the table."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of a recipe's outputs were not in the store yet."""

    networks: int
    heads: int
    evaluations: int

    def __str__(self) -> str:
        """In words.

        Example:
            >>> str(Counts(4, 0, 1))
            '4 networks, 1 evaluation'
        """
        named = (
            ("network", self.networks),
            ("head", self.heads),
            ("evaluation", self.evaluations),
        )
        return ", ".join(f"{n} {word}{'s' * (n != 1)}" for word, n in named if n)

    def __bool__(self) -> bool:
        """Whether there were any."""
        return bool(self.networks or self.heads or self.evaluations)


def follow(about: Mapping[str, Any], fold: int, seed: int, part: int | None) -> Live:
    """Open the run of a training that begins or goes on.

    Args:
        about: what describes the recipe's networks, but for the networks.
        fold: of the network.
        seed: of the network.
        part: of the training clips that it leaves out, if any.

    Raises:
        TrackingError: the store cannot be reached.
    """
    tree = Tree(Outputs(Path(), about["recipe"]), about, "stage")
    with tree.store.alone():
        return Live(tree, (fold, seed, part))


def record_networks(recipe: str, root: Path = Path(), by: By = "stage") -> int:
    """Make the runs of trained networks that the store lacks.

    Returns:
        How many.

    Raises:
        TrackingError: there are no networks, or the store cannot be reached.
    """
    outputs = Outputs(root, recipe)
    with Tree(outputs, outputs.about, by).alone() as tree:
        return _networks(tree)


def record_heads(recipe: str, root: Path = Path(), by: By = "stage") -> int:
    """Make the runs of fitted heads that the store lacks, under their networks.

    Returns:
        How many.

    Raises:
        TrackingError: there are no heads, or the store cannot be reached.
    """
    outputs = Outputs(root, recipe)
    if not _networks_are_here(outputs, "heads"):
        return 0
    with Tree(outputs, outputs.about, by).alone() as tree:
        _networks(tree)
        return _heads(tree)


def record_evaluation(recipe: str, root: Path = Path(), by: By = "stage") -> int:
    """Make the summaries of heads that the store lacks; put the report on the recipe's run.

    Returns:
        1 if anything was not there yet, else 0.

    Raises:
        TrackingError: there is no evaluation, or the store cannot be reached.
    """
    outputs = Outputs(root, recipe)
    if not _networks_are_here(outputs, "evaluation"):
        return 0
    with Tree(outputs, outputs.about, by).alone() as tree:
        return _evaluation(tree)


def sync(root: Path = Path()) -> dict[str, Counts]:
    """Record what is on disk and not in the store, for every recipe.

    Raises:
        TrackingError: the store cannot be reached, or an output is broken.
    """
    prepare()
    done = {}
    for recipe in recipes(root):
        outputs = Outputs(root, recipe)
        with Tree(outputs, outputs.about, "sync").alone() as tree:
            done[recipe] = Counts(
                _networks(tree),
                _heads(tree) if outputs.heads_file.is_file() else 0,
                _evaluation(tree) if outputs.metrics_file.is_file() else 0,
            )
    return done


def _networks(tree: Tree) -> int:
    networks, curves = tree.outputs.networks, tree.outputs.curves
    made, moment = 0, now()
    for place, network in enumerate(networks):
        member = (network["fold"], network["seed"], network["part"])
        if tree.network(member, network["sha256"]) is None:
            # The table lists the newest first: earlier folds are dated later.
            live = Live(tree, member, moment - place)
            live.epochs(curves.get(member, []))
            live.done(network)
            made += 1
    tree.end()
    if made:
        tree.load()
    kept = {network["sha256"] for network in networks}
    tree.point("recipe", lambda run: run.tags.get("key") == tree.key)
    tree.point("network", lambda run: tree.owns(run) and run.tags.get("weights") in kept)
    return made


def _heads(tree: Tree) -> int:
    recipe = tree.outputs.recipe
    made, moment, keys = 0, now(), set()
    for place, head in enumerate(tree.outputs.heads["heads"]):
        network = tree.network((head["fold"], head["seed"], None), head["network_weights"])
        if network is None:
            _note(
                f"{recipe}: {head['head']} fold-{head['fold']} seed-{head['seed']} belongs to "
                f"other networks, not recorded; make it anew with: dvc repro heads@{recipe}"
            )
            continue
        key = _head_key(tree, head)
        keys.add(key)
        made += _record_head(tree, head, key, network, moment - place)
    tree.point("head", lambda run: run.tags.get("key") in keys)
    return made


def _evaluation(tree: Tree) -> int:
    metrics = tree.outputs.metrics
    made, moment, keys = 0, now(), set()
    for place, (head, figures) in enumerate(_ranked(metrics["heads"])):
        key = _summary_key(tree, head, figures)
        keys.add(key)
        made += tree.make(
            "summary",
            key,
            head,
            tree.top(),
            points=[(0, _figures(figures))],
            params={"head": head, "folds": metrics["folds"], "seeds": _listed(metrics["seeds"])},
            tags={"head": head, "predictions_sha256": tree.outputs.predictions},
            start=moment - place,
        )
    moved = tree.point("summary", lambda run: run.tags.get("key") in keys)
    crowned, registered = _crown(tree, metrics), _registered(tree)
    return int(bool(made or moved or crowned or registered))


def _registered(tree: Tree) -> bool:
    """Register the winner; say so where its files are not here."""
    try:
        return champion.register(tree)
    except PackageError as error:
        _note(f"{tree.outputs.recipe}: the winner is not registered in MLflow: {error}")
        return False


def _record_head(tree: Tree, head: Mapping[str, Any], key: str, network: Known, start: int) -> int:
    if tree.has(key):
        return 0
    name, fold, seed = head["head"], head["fold"], head["seed"]
    tags = {"head": name, "weights": head["network_weights"], "head_sha256": head["sha256"]}
    figures = tree.outputs.tested.get((name, fold, seed), {})

    def add_trials(run: Known) -> None:
        trials = head.get("trials") or []
        if len(trials) > TRIALS:
            tree.store.write(run.id, "trials.json", trials)
            return
        for number, trial in enumerate(trials):
            tree.make(
                "trial",
                identity("trial", head=key, number=number),
                f"trial {number}",
                run,
                points=[(0, _figures({"validation_uar": trial.get("validation_uar")}))],
                params={"head": name, **flat(trial["settings"], "head.")},
                tags=tags,
                start=start - number,
            )

    return tree.make(
        "head",
        key,
        named(name, fold, seed, None),
        network,
        points=[(0, figures | _figures({"validation_uar": head.get("validation_uar")}))],
        params={
            "head": name,
            "fold": fold,
            "seed": seed,
            **flat(head["settings"], "head."),
            **flat(tree.outputs.heads.get("library_versions", {}), "versions."),
        },
        tags={**tags, "predictions_sha256": tree.outputs.predictions},
        start=start,
        inside=add_trials,
    )


def _crown(tree: Tree, metrics: Mapping[str, Any]) -> bool:
    """Put the chosen head's figures and the report on the recipe's run, unless they are there."""
    outputs, top = tree.outputs, tree.top()
    files = [outputs.reports / "report.html", outputs.metrics_file]
    pictures = sorted(outputs.reports.rglob("*.png"))
    state = identity("evaluation", files=[sha256(path) for path in (*files, *pictures)])
    if top.tags.get("evaluation") == state:
        return False
    chosen = _chosen(metrics)
    figures = _figures(metrics["heads"].get(chosen, {}))
    for head, row in metrics["heads"].items():
        own = _figures(row)
        figures |= {
            f"heads/{_plain(head)}/{name}": own[name] for name in ("uar", "accuracy") if name in own
        }
    for path in filter(Path.is_file, files):
        tree.store.attach(top.id, path)
    for path in pictures:
        tree.store.attach(top.id, path, "pictures")
    _log_split(tree, metrics)
    # A later evaluation is a later step, so that the table shows the last one.
    step = len(tree.store.history(top.id, next(iter(figures)))) if figures else 0
    tags = {"chosen": chosen, "head": chosen, "evaluation": state}
    hashes = {"predictions_sha256": outputs.predictions}
    tree.store.log(top.id, [(step, figures)], tags={k: v for k, v in (tags | hashes).items() if v})
    return True


def _log_split(tree: Tree, metrics: Mapping[str, Any]) -> None:
    path = tree.outputs.split_file
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    facts = {name: metrics.get(name) for name in ("clips", "speakers", "folds", "protocol")}
    source = path.relative_to(tree.outputs.root).as_posix()
    facts["columns"] = columns
    tree.store.input(tree.top().id, tree.about["dataset"], sha256(path), source, facts)


def _chosen(metrics: Mapping[str, Any]) -> str:
    """The head that validation chose, or the only one there is."""
    if metrics.get("chosen"):
        return str(metrics["chosen"]["head"])
    real = [head for head in metrics["heads"] if head not in ("majority", "random")]
    return real[0] if len(real) == 1 else ""


def _head_key(tree: Tree, head: Mapping[str, Any]) -> str:
    names = ("head", "fold", "seed", "sha256", "network_weights", "settings")
    return identity("head", recipe=tree.key, **{name: head[name] for name in names})


def _summary_key(tree: Tree, head: str, figures: Mapping[str, Any]) -> str:
    """A summary is its heads and its figures: either may change without the other."""
    outputs = tree.outputs
    entries = outputs.heads["heads"] if outputs.heads_file.is_file() else []
    keys = sorted(_head_key(tree, entry) for entry in entries if entry["head"] == head)
    return identity("summary", recipe=tree.key, head=head, heads=keys, figures=figures)


def _ranked(heads: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """The best by validation first; those that nothing was chosen by last."""
    return sorted(heads.items(), key=lambda item: -(item[1].get("validation_uar") or -1.0))


def _figures(figures: Mapping[str, Any]) -> dict[str, float]:
    """A head's figures under the names that the table's columns have.

    Example:
        >>> _figures({"uar": {"mean": 0.6, "low": 0.5, "high": 0.7}, "validation_uar": None})
        {'uar': 0.6, 'uar_low': 0.5, 'uar_high': 0.7}
    """
    row: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            row |= {name if end == "mean" else f"{name}_{end}": v for end, v in value.items()}
        elif value is not None:
            row[name] = value
    return row


def _plain(head: str) -> str:
    """A head's name in the letters that MLflow allows in a metric's.

    Example:
        >>> _plain("svm (seeds averaged)")
        'svm: seeds averaged'
    """
    return head.replace(" (", ": ").replace(")", "")


def _listed(items: Iterable[Any]) -> str:
    return ", ".join(map(str, items))


def _networks_are_here(outputs: Outputs, what: str) -> bool:
    """Whether it can be said which networks heads belong to; says so where not."""
    if outputs.networks_file.is_file():
        return True
    _note(
        f"{outputs.recipe}: {what} not recorded in MLflow, {outputs.networks_file} is not here; "
        f"get it with: dvc pull train@{outputs.recipe}, then: ser track sync"
    )
    return False


def _note(line: str) -> None:
    print(f"note: {line}", file=sys.stderr)
