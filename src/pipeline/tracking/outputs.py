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

from pipeline.core.errors import TrackingError
from pipeline.core.storage import read_json

Member = tuple[int, int, int | None]
"""A network's fold, seed and part."""

PLACE: Final = ("fold", "seed", "part", "epoch")
"""Columns of curves.csv that say where a row belongs; the others are figures."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Outputs:
    """The files of one recipe under a root."""

    root: Path
    recipe: str

    @property
    def networks_file(self) -> Path:
        """What ``train`` writes last."""
        return self.root / "models/networks" / self.recipe / "about.json"

    @property
    def heads_file(self) -> Path:
        """What ``heads`` writes last."""
        return self.root / "models/heads" / self.recipe / "about.json"

    @property
    def reports(self) -> Path:
        """The recipe's figures, tables and pictures."""
        return self.root / "reports/recipes" / self.recipe

    @property
    def metrics_file(self) -> Path:
        """What ``evaluate`` found."""
        return self.reports / "metrics.json"

    @property
    def predictions_file(self) -> Path:
        """What every head says of validation and test clips."""
        return self.root / "data/predictions" / f"{self.recipe}.csv"

    @property
    def split_file(self) -> Path:
        """Who trains and who is tested."""
        return self.root / "data/splits" / f"{self.recipe}.csv"

    @cached_property
    def about(self) -> Json:
        """The description of the networks, without them."""
        return {key: value for key, value in self._networks.items() if key != "networks"}

    @property
    def networks(self) -> list[Json]:
        """Facts of each trained network."""
        return list(self._networks["networks"])

    @cached_property
    def heads(self) -> Json:
        """What ``heads`` says of its heads, in one object."""
        return read_json(self.heads_file, f"dvc repro heads@{self.recipe}", TrackingError)

    @cached_property
    def metrics(self) -> Json:
        """The figures of the report."""
        return read_json(self.metrics_file, f"dvc repro evaluate@{self.recipe}", TrackingError)

    @cached_property
    def curves(self) -> dict[Member, list[tuple[int, dict[str, float]]]]:
        """Every network's epochs, in order; empty where the table is absent."""
        path = self.reports / "curves.csv"
        epochs: dict[Member, list[tuple[int, dict[str, float]]]] = defaultdict(list)
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    fold, seed, part, number = (row.pop(name) for name in PLACE)
                    figures = {name: float(value) for name, value in row.items() if value}
                    member = (int(fold), int(seed), int(part) if part else None)
                    epochs[member].append((int(number), figures))
        return dict(epochs)

    @cached_property
    def tested(self) -> dict[tuple[str, int, int], dict[str, float]]:
        """Figures on test clips by head, fold and seed; empty where no predictions are here."""
        if not self.predictions_file.is_file():
            return {}
        from pipeline.evaluation.metrics import by_group

        text = dict.fromkeys(("role", "head", "clip", "speaker", "true", "predicted"), str)
        table = pd.read_csv(self.predictions_file, dtype=text, keep_default_na=False)
        groups: Any = table[table["role"] == "test"].groupby(["head", "seed"])
        return {
            (str(head), int(fold), int(seed)): {"uar": float(uar), "accuracy": float(accuracy)}
            for (head, seed), rows in groups
            for fold, uar, accuracy, _ in by_group(rows, self.heads["emotions"], "fold").itertuples(
                index=False
            )
        }

    @cached_property
    def predictions(self) -> str:
        """What the table of predictions hashes to."""
        return sha256(self.predictions_file)

    def label(self) -> str:
        """Whether the split leaks, in words; empty where nobody has said."""
        for path in (self.reports / "split.json", self.metrics_file):
            if path.is_file():
                said = json.loads(path.read_text(encoding="utf-8")).get("label")
                if said:
                    return str(said)
        return ""

    @cached_property
    def _networks(self) -> Json:
        return read_json(self.networks_file, f"dvc repro train@{self.recipe}", TrackingError)


def recipes(root: Path) -> list[str]:
    """The recipes whose networks are on disk."""
    return sorted(path.parent.name for path in root.glob("models/networks/*/about.json"))


def sha256(path: Path) -> str:
    """A file's content in short; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def identity(kind: str, **facts: Any) -> str:
    """What a run is found by: a hash of all that makes it what it is.

    Example:
        >>> identity("head", head="svm", fold=0) == identity("head", fold=0, head="svm")
        True
        >>> identity("head", fold=0) == identity("network", fold=0)
        False
    """
    text = json.dumps({"kind": kind, **facts}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def recipe_key(about: Mapping[str, Any]) -> str:
    """The identity of a recipe's training: the same data, settings and seeds."""
    inputs = about.get("inputs", {})
    names = ("recipe", "network", "start", "training", "emotions", "embeddings", "seeds")
    return identity(
        "recipe",
        view=inputs.get("view"),
        split=inputs.get("split"),
        **{name: about.get(name) for name in names},
    )


def network_key(about: Mapping[str, Any], member: Member) -> str:
    """The identity of one training; other threads or another device are another one."""
    fold, seed, part = member
    return identity(
        "network",
        recipe=recipe_key(about),
        environment=about.get("environment", {}),
        fold=fold,
        seed=seed,
        part=part,
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
