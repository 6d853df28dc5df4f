"""What the stages of a recipe left on disk, read for recording."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.config.recipes import NetworkRecipeSettings, RecipeSettings, load_recipe
from pipeline.core.about import ABOUT
from pipeline.core.errors import ConfigError, TrackingError
from pipeline.core.layout import Layout
from pipeline.core.storage import read_json
from pipeline.heads.about import HeadsAbout
from pipeline.training.about import NetworksAbout
from pipeline.training.run import Run
from pipeline.training.runs import CURVES

PLACE: Final = ("fold", "seed", "part", "epoch")
"""Columns of curves.csv that say where a row belongs; the others are figures."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Outputs:
    """The files of one recipe under a root.

    Attributes:
        root: of the repository.
        recipe: its name.
    """

    root: Path
    recipe: str

    @property
    def layout(self) -> Layout:
        """The paths of the repository."""
        return Layout(self.root)

    @property
    def cure(self) -> str:
        """The command that makes what is missing."""
        return f"ser run {self.recipe}"

    @property
    def networks_file(self) -> Path:
        """What ``train`` writes last."""
        return self.layout.networks(self.recipe) / ABOUT

    @property
    def heads_file(self) -> Path:
        """What ``heads`` writes last."""
        return self.layout.heads(self.recipe) / ABOUT

    @property
    def reports(self) -> Path:
        """The recipe's figures, tables and pictures."""
        return self.layout.report(self.recipe)

    @property
    def metrics_file(self) -> Path:
        """What ``evaluate`` found."""
        return self.reports / "metrics.json"

    @property
    def predictions_file(self) -> Path:
        """What every head predicts for validation and test clips."""
        return self.layout.predictions(self.recipe)

    @property
    def tested_file(self) -> Path:
        """What every head predicts for tested clips, as the report tells it."""
        return self.reports / "predictions.csv"

    @property
    def split_file(self) -> Path:
        """Who trains and who is tested."""
        return self.layout.split(self.recipe)

    @cached_property
    def settings(self) -> RecipeSettings | None:
        """The recipe in the params files; none where it is no longer there."""
        try:
            return load_recipe(self.recipe, self.root)
        except ConfigError:
            return None

    @property
    def has_network(self) -> bool:
        """Whether the recipe trains networks."""
        without = self.settings is not None and not isinstance(self.settings, NetworkRecipeSettings)
        return self.networks_file.is_file() or not without

    @cached_property
    def networks(self) -> NetworksAbout:
        """What ``train`` says of its networks."""
        return NetworksAbout.read(self.networks_file.parent, self.cure, TrackingError)

    @cached_property
    def heads(self) -> HeadsAbout:
        """What ``heads`` says of its heads."""
        return HeadsAbout.read(self.heads_file.parent, self.cure, TrackingError)

    @property
    def facts(self) -> Json:
        """What the recipe's runs are made of, as plain data."""
        if self.has_network:
            return network_facts(self.networks)
        settings, heads = self.settings, self.heads
        assert settings is not None
        return {
            "recipe": self.recipe,
            "dataset": settings.dataset,
            "view": settings.view,
            "protocol": settings.protocol,
            "emotions": list(heads.emotions),
            "seeds": sorted({head.seed for head in heads.heads}),
            "inputs": {"view": heads.heads[0].network_weights},
        }

    @cached_property
    def metrics(self) -> Json:
        """The figures of the report."""
        return read_json(self.metrics_file, self.cure, TrackingError)

    @cached_property
    def curves(self) -> dict[Run, list[tuple[int, dict[str, float]]]]:
        """Every network's epochs, in order; empty where the table is absent."""
        path = self.networks_file.parent / CURVES
        epochs: dict[Run, list[tuple[int, dict[str, float]]]] = defaultdict(list)
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    fold, seed, part, number = (row.pop(name) for name in PLACE)
                    figures = {name: float(value) for name, value in row.items() if value}
                    run = Run.of(int(fold), int(seed), int(part) if part else None)
                    epochs[run].append((int(number), figures))
        return dict(epochs)

    @cached_property
    def tested(self) -> dict[tuple[str, int, int], dict[str, float]]:
        """Figures on test clips by head, fold and seed; empty where no predictions are here."""
        if not self.predictions_file.is_file():
            return {}
        from pipeline.evaluation.intervals import by_group

        text = dict.fromkeys(("role", "head", "clip", "speaker", "true", "predicted"), str)
        table = pd.read_csv(self.predictions_file, dtype=text, keep_default_na=False)
        groups: Any = table[table["role"] == "test"].groupby(["head", "seed"])
        return {
            (str(head), int(fold), int(seed)): {"uar": float(uar), "accuracy": float(accuracy)}
            for (head, seed), rows in groups
            for fold, uar, accuracy, _ in by_group(
                rows, list(self.heads.emotions), "fold"
            ).itertuples(index=False)
        }

    @cached_property
    def tested_rows(self) -> dict[str, pd.DataFrame]:
        """What each head predicts for tested clips, and each ensemble over its seeds.

        Empty where ``evaluate`` has left no predictions here.
        """
        from pipeline.evaluation.evaluate import AVERAGED, seeds_averaged

        if not self.tested_file.is_file():
            return {}
        text = dict.fromkeys(("head", "clip", "speaker", "true", "predicted"), str)
        table = pd.read_csv(self.tested_file, dtype=text, keep_default_na=False)
        found = {str(head): rows for head, rows in table.groupby("head")}
        for name in self.metrics["heads"]:
            single = found.get(name.removesuffix(AVERAGED))
            if name.endswith(AVERAGED) and single is not None:
                found[name] = seeds_averaged(single, self.heads.emotions).assign(head=name)
        return found

    @cached_property
    def predictions(self) -> str:
        """The hash of the table of predictions."""
        return sha256(self.predictions_file)

    def label(self) -> str:
        """What the split leaks, in words; empty before there is a split."""
        for path in (self.layout.split_summary(self.recipe), self.metrics_file):
            if path.is_file():
                label = json.loads(path.read_text(encoding="utf-8")).get("label")
                if label:
                    return str(label)
        return ""

    def title(self) -> str:
        """What the recipe is, in a few words; its name where it is in no params file."""
        return self.settings.title if self.settings else self.recipe


def recipes(root: Path) -> list[str]:
    """The recipes whose networks or heads are on disk."""
    layout = Layout(root)
    folders = (layout.networks(""), layout.heads(""))
    return sorted({path.parent.name for place in folders for path in place.glob(f"*/{ABOUT}")})


def sha256(path: Path) -> str:
    """The hash of a file's content; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def identity(kind: str, **facts: Any) -> str:
    """The key of a run: a hash of all that makes it what it is.

    Example:
        >>> identity("head", head="svm", fold=0) == identity("head", fold=0, head="svm")
        True
        >>> identity("head", fold=0) == identity("network", fold=0)
        False
    """
    text = json.dumps({"kind": kind, **facts}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def network_facts(about: NetworksAbout) -> Json:
    """What the runs of a recipe with networks are made of."""
    return about.model_dump(mode="json", exclude={"networks"})


def recipe_key(facts: Mapping[str, Any]) -> str:
    """The identity of a recipe's training: the same data, settings and seeds."""
    inputs = facts.get("inputs", {})
    names = ("recipe", "network", "initial_weights", "training", "emotions", "embeddings", "seeds")
    return identity(
        "recipe",
        view=inputs.get("view"),
        split=inputs.get("split"),
        **{name: facts.get(name) for name in names},
    )


def network_key(facts: Mapping[str, Any], run: Run) -> str:
    """The identity of one training; other threads or another device make another one."""
    return identity(
        "network",
        recipe=recipe_key(facts),
        environment=facts.get("environment", {}),
        fold=run.fold,
        seed=run.seed,
        part=run.number,
    )


def flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as one row of text.

    Example:
        >>> flat({"network": {"kind": "cnn", "channels": [32, 64]}, "view": "demo-mel"})
        {'network.kind': 'cnn', 'network.channels': '32, 64', 'view': 'demo-mel'}
    """
    row: dict[str, str] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            row |= flat(value, f"{name}.")
        elif isinstance(value, (list, tuple)):
            row[name] = ", ".join(map(str, value))
        else:
            row[name] = str(value)
    return row
