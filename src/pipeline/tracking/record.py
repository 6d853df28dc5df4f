"""From a recipe's outputs to its runs, as stages end and in ``ser track sync``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.core.errors import PackageError
from pipeline.heads.about import HeadFacts
from pipeline.tracking import arrange, artifacts, champion
from pipeline.tracking.arrange import summary_name
from pipeline.tracking.outputs import (
    Outputs,
    flat,
    identity,
    network_facts,
    recipes,
    sha256,
)
from pipeline.tracking.store import StoredRun, now, prepare
from pipeline.tracking.training import TrainingRun
from pipeline.tracking.tree import By, Tree, run_name
from pipeline.training.about import NetworksAbout
from pipeline.training.run import Run

TRIALS: Final = 50
"""Up to so many tried settings of a head are runs of their own; more are one file."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """How many of a recipe's outputs were recorded.

    Attributes:
        networks: whose runs were missing.
        heads: whose runs were missing.
        evaluations: 1 where the summaries or the report were missing.
    """

    networks: int
    heads: int
    evaluations: int

    def __str__(self) -> str:
        """In words.

        Example:
            >>> str(SyncResult(4, 0, 1))
            '4 networks, 1 evaluation'
        """
        each = (
            ("network", self.networks),
            ("head", self.heads),
            ("evaluation", self.evaluations),
        )
        return ", ".join(f"{n} {word}{'s' * (n != 1)}" for word, n in each if n)

    def __bool__(self) -> bool:
        """Whether there were any."""
        return bool(self.networks or self.heads or self.evaluations)


def training_run(about: NetworksAbout, run: Run) -> TrainingRun:
    """Open the run of a training that begins or is continued.

    Args:
        about: describes the recipe's networks.
        run: which of them is trained.

    Raises:
        TrackingError: the store cannot be reached.
    """
    tree = Tree(Outputs(Path(), about.recipe), network_facts(about), "stage")
    with tree.store.locked():
        return TrainingRun(tree, run)


def record_networks(recipe: str, root: Path = Path(), by: By = "stage") -> int:
    """Record the trained networks that the store lacks.

    Returns:
        How many.

    Raises:
        TrackingError: there are no networks, or the store cannot be reached.
    """
    outputs = Outputs(root, recipe)
    with Tree(outputs, outputs.facts, by).locked() as tree:
        return _networks(tree)


def record_heads(recipe: str, root: Path = Path(), by: By = "stage") -> int:
    """Record the fitted heads that the store lacks, under their networks.

    Returns:
        How many.

    Raises:
        TrackingError: there are no heads, or the store cannot be reached.
    """
    outputs = Outputs(root, recipe)
    if not _can_record(outputs, "heads"):
        return 0
    with Tree(outputs, outputs.facts, by).locked() as tree:
        _networks(tree)
        return _heads(tree)


def record_evaluation(recipe: str, root: Path = Path(), by: By = "stage") -> int:
    """Record the summaries of heads that the store lacks, and the report.

    Returns:
        1 if anything was missing, else 0.

    Raises:
        TrackingError: there is no evaluation, or the store cannot be reached.
    """
    outputs = Outputs(root, recipe)
    if not _can_record(outputs, "evaluation"):
        return 0
    with Tree(outputs, outputs.facts, by).locked() as tree:
        return _evaluation(tree)


def sync(root: Path = Path()) -> dict[str, SyncResult]:
    """Record what is on disk and not in the store, for every recipe.

    Raises:
        TrackingError: the store cannot be reached, or an output is broken.
    """
    prepare()
    arrange.arrange()
    done = {}
    for recipe in recipes(root):
        outputs = Outputs(root, recipe)
        if not _can_record(outputs, "heads"):
            continue
        with Tree(outputs, outputs.facts, "sync").locked() as tree:
            done[recipe] = SyncResult(
                _networks(tree),
                _heads(tree) if outputs.heads_file.is_file() else 0,
                _evaluation(tree) if outputs.metrics_file.is_file() else 0,
            )
    return done


def _networks(tree: Tree) -> int:
    """Record the networks; a recipe without any has its own run alone."""
    made, start = 0, now()
    networks = tree.outputs.networks.networks if tree.outputs.has_network else ()
    for place, network in enumerate(networks):
        if tree.network(network.run, network.sha256) is None:
            # The table lists the newest first: earlier folds are dated later.
            run = TrainingRun(tree, network.run, start - place)
            run.epochs(tree.outputs.curves.get(network.run, []))
            run.done(network.model_dump(mode="json"))
            made += 1
    tree.finish_parent()
    if made:
        tree.load()
    weights = {network.sha256 for network in networks}
    tree.mark_current("recipe", lambda run: run.tags.get("key") == tree.key)
    tree.mark_current(
        "network", lambda run: tree.is_child(run) and run.tags.get("weights") in weights
    )
    return made


def _heads(tree: Tree) -> int:
    recipe = tree.outputs.recipe
    made, start, keys = 0, now(), set()
    for place, head in enumerate(tree.outputs.heads.heads):
        parent = _head_parent(tree, head)
        if parent is None:
            _note(
                f"{recipe}: {head.head} fold-{head.fold} seed-{head.seed} belongs to other "
                f"networks and is not recorded; fit it again with: ser run {recipe}"
            )
            continue
        key = _head_key(tree, head)
        keys.add(key)
        made += _record_head(tree, head, key, parent, start - place)
    tree.mark_current("head", lambda run: run.tags.get("key") in keys)
    return made


def _head_parent(tree: Tree, head: HeadFacts) -> StoredRun | None:
    """The run that a head is under: its network's, or the recipe's where it has none."""
    if not tree.outputs.has_network:
        return tree.parent()
    return tree.network(Run(head.fold, head.seed), head.network_weights)


def _evaluation(tree: Tree) -> int:
    metrics = tree.outputs.metrics
    made, start, keys = 0, now(), set()
    for place, (head, figures) in enumerate(_ranked(metrics["heads"])):
        key = _summary_key(tree, head, figures)
        keys.add(key)
        made += tree.record(
            "summary",
            key,
            summary_name(tree.outputs.recipe, head),
            None,  # at the top of the table, where it is seen without a click
            points=[(0, _figures(figures))],
            params={"head": head, "folds": metrics["folds"], "seeds": _listed(metrics["seeds"])},
            tags={"head": head, "predictions_sha256": tree.outputs.predictions},
            start=start - place,
        )
    marked = tree.mark_current("summary", lambda run: run.tags.get("key") in keys)
    tree.load()
    filed = sum([artifacts.file_predictions(tree, run) for run in tree.summaries(keys)])
    logged, registered = _log_report(tree, metrics), _register(tree)
    return int(bool(made or marked or filed or logged or registered))


def _register(tree: Tree) -> bool:
    """Register the chosen head; note where its files are not here."""
    try:
        return champion.register(tree)
    except PackageError as error:
        _note(f"{tree.outputs.recipe}: the chosen head is not registered in MLflow: {error}")
        return False


def _record_head(tree: Tree, head: HeadFacts, key: str, parent: StoredRun, start: int) -> int:
    if tree.is_recorded(key):
        return 0
    tags = {"head": head.head, "weights": head.network_weights, "head_sha256": head.sha256}
    if not tree.outputs.has_network:
        del tags["weights"]
    figures = tree.outputs.tested.get((head.head, head.fold, head.seed), {})

    def add_trials(run: StoredRun) -> None:
        if len(head.trials) > TRIALS:
            trials = [trial.model_dump(mode="json") for trial in head.trials]
            tree.store.write(run.id, "trials.json", trials)
            return
        for number, trial in enumerate(head.trials):
            tree.record(
                "trial",
                identity("trial", head=key, number=number),
                f"trial {number}",
                run,
                points=[(0, {"validation_uar": trial.validation_uar})],
                params={"head": head.head, **flat(trial.settings, "head.")},
                tags=tags,
                start=start - number,
            )

    return tree.record(
        "head",
        key,
        run_name(head.head, Run(head.fold, head.seed)),
        parent,
        points=[(0, figures | _figures({"validation_uar": head.validation_uar}))],
        params={
            "head": head.head,
            "fold": head.fold,
            "seed": head.seed,
            **flat(head.settings, "head."),
            **flat(tree.outputs.heads.library_versions, "versions."),
        },
        tags={**tags, "predictions_sha256": tree.outputs.predictions},
        start=start,
        inside=add_trials,
    )


def _log_report(tree: Tree, metrics: Mapping[str, Any]) -> bool:
    """Log the chosen head's figures and the report to the recipe's run, unless they are there."""
    outputs, parent = tree.outputs, tree.parent()
    files = [outputs.reports / "report.html", outputs.metrics_file]
    pictures = sorted(outputs.reports.rglob("*.png"))
    state = identity("evaluation", files=[sha256(path) for path in (*files, *pictures)])
    if parent.tags.get("evaluation") == state:
        return False
    chosen = _chosen(metrics)
    figures = _figures(metrics["heads"].get(chosen, {}))
    for head, row in metrics["heads"].items():
        own = _figures(row)
        figures |= {
            f"heads/{_metric_name(head)}/{name}": own[name]
            for name in ("uar", "accuracy")
            if name in own
        }
    for path in filter(Path.is_file, files):
        tree.store.attach(parent.id, path)
    for path in pictures:
        tree.store.attach(parent.id, path, "pictures")
    artifacts.log_split(tree, parent)
    # A later evaluation is a later step, so that the table shows the last one.
    step = len(tree.store.history(parent.id, next(iter(figures)))) if figures else 0
    tags = {"chosen": chosen, "head": chosen, "evaluation": state}
    tags["predictions_sha256"] = outputs.predictions
    tags = {name: value for name, value in tags.items() if value}
    tree.store.log(parent.id, [(step, figures)], tags=tags)
    return True


def _chosen(metrics: Mapping[str, Any]) -> str:
    """The head that validation chose, or the only one there is."""
    if metrics.get("chosen"):
        return str(metrics["chosen"]["head"])
    real = [head for head in metrics["heads"] if head not in ("majority", "random")]
    return real[0] if len(real) == 1 else ""


def _head_key(tree: Tree, head: HeadFacts) -> str:
    names = {"head", "fold", "seed", "sha256", "network_weights", "settings"}
    return identity("head", recipe=tree.key, **head.model_dump(mode="json", include=names))


def _summary_key(tree: Tree, head: str, figures: Mapping[str, Any]) -> str:
    """A summary is its heads and its figures: either may change without the other."""
    outputs = tree.outputs
    entries = outputs.heads.heads if outputs.heads_file.is_file() else ()
    keys = sorted(_head_key(tree, entry) for entry in entries if entry.head == head)
    return identity("summary", recipe=tree.key, head=head, heads=keys, figures=figures)


def _ranked(heads: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """The best by validation first; those without validation last."""
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


def _metric_name(head: str) -> str:
    """A head's name in the letters that MLflow allows in a metric's.

    Example:
        >>> _metric_name("svm (seeds averaged)")
        'svm: seeds averaged'
    """
    return head.replace(" (", ": ").replace(")", "")


def _listed(items: Iterable[Any]) -> str:
    return ", ".join(map(str, items))


def _can_record(outputs: Outputs, what: str) -> bool:
    """Whether the facts of the recipe's training are here; notes it where not."""
    if outputs.networks_file.is_file() or not outputs.has_network:
        return True
    _note(
        f"{outputs.recipe}: {what} not recorded in MLflow, {outputs.networks_file} is not here; "
        f"make it with: ser run {outputs.recipe}, then: ser track sync"
    )
    return False


def _note(line: str) -> None:
    print(f"note: {line}", file=sys.stderr)
