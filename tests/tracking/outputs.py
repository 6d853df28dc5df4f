"""Writes what the stages of a recipe leave on disk, small and by hand."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.errors import TrackingError
from pipeline.core.layout import Layout
from pipeline.heads.about import HeadsAbout
from pipeline.training.about import NetworkFacts, NetworksAbout
from pipeline.training.runs import CURVES

EMOTIONS = ("happy", "sad")
DEPTH = {"kind": "xgboost", "max_depth": 4}


def digest(*words: object) -> str:
    """A hash that stands for a file's content."""
    return hashlib.sha256(repr(words).encode()).hexdigest()


def about(recipe: str = "demo", *, rate: float = 0.004, threads: int = 1) -> NetworksAbout:
    """What describes a recipe's networks."""
    data = {
        "recipe": recipe,
        "dataset": "demo",
        "view": "demo-mel",
        "protocol": "speaker",
        "emotions": list(EMOTIONS),
        "shape": [128, 128],
        "seeds": [0],
        "initial_weights": {"name": "random", "kind": "random"},
        "network": {"name": "small", "kind": "spectrogram-net", "width": 16},
        "training": {
            "name": "brief",
            "epochs": 3,
            "rate": rate,
            "test_views": 1,
            "augment": {"shift": 0.15},
        },
        "embeddings": {"kind": "plain"},
        "inputs": {"view": digest("view"), "split": digest("split")},
        "environment": {"threads": threads, "device": "cpu", "torch": "2.13.0"},
    }
    return NetworksAbout.model_validate_json(json.dumps(data))


def figures(fold: int, epoch: int) -> dict[str, float]:
    """The figures of an epoch."""
    return {
        "rate": 0.001 * epoch,
        "loss": round(2 / epoch + fold / 100, 6),
        "validation_loss": round(2.1 / epoch, 6),
        "validation_uar": round(0.2 + 0.1 * epoch + fold / 100, 6),
    }


def network(
    fold: int, *, part: int | None = None, epochs: int = 3, code: str = ""
) -> dict[str, Any]:
    """The facts of a trained network; other ``code`` trains other weights."""
    last = figures(fold, epochs)
    return {
        "fold": fold,
        "seed": 0,
        "part": part,
        "weights": f"fold-{fold}-seed-0{'' if part is None else f'-part-{part}'}.safetensors",
        "sha256": digest("weights", fold, part, epochs, code),
        "parameters": 290_000,
        "clips": 12,
        "epochs": epochs,
        "best_epoch": epochs,
        "validation_uar": last["validation_uar"],
        "validation_loss": last["validation_loss"],
    }


def train(
    root: Path, recipe: str = "demo", *, folds: int = 2, epochs: int = 3, parts: int = 0,
    code: str = "", **settings: Any,
) -> None:  # fmt: skip
    """What ``train`` writes."""
    networks = [
        network(fold, part=part, epochs=epochs, code=code)
        for fold in range(folds)
        for part in (None, *range(parts))
    ]
    description = about(recipe, **settings)
    facts = tuple(NetworkFacts.model_validate(network) for network in networks)
    folder = Layout(root).networks(recipe)
    description.model_copy(update={"networks": facts}).write(folder)
    rows = [
        {"fold": item["fold"], "seed": 0, "part": "" if item["part"] is None else item["part"],
         "epoch": epoch, **figures(item["fold"], epoch)}
        for item in networks
        for epoch in range(1, epochs + 1)
    ]  # fmt: skip
    _table(folder / CURVES, rows)


def fit_heads(
    root: Path,
    recipe: str = "demo",
    *,
    heads: Sequence[str] = ("softmax", "xgboost"),
    settings: Mapping[str, Any] = DEPTH,
    trials: int = 0,
) -> None:
    """What ``heads`` writes, for the networks that are there."""
    networks = NetworksAbout.read(Layout(root).networks(recipe), "", TrackingError).networks
    entries, rows = [], []
    for head in heads:
        chosen = dict(settings) if head == "xgboost" else {"kind": head}
        for item in networks:
            if item.part is not None:
                continue
            fold, weights = item.fold, item.sha256
            tried = [
                {"settings": {"C": n}, "validation_uar": n / 1000, "validation_log_loss": 1.0}
                for n in range(trials)
            ]
            entries.append({
                "head": head, "fold": fold, "seed": 0, "files": [], "settings": chosen,
                "sha256": digest("head", head, weights, sorted(chosen.items())),
                "network_weights": weights, "fitted": [], "validation_uar": 0.5 + fold / 10,
                "trials": tried,
            })  # fmt: skip
            rows += [
                {"role": "test", "fold": fold, "seed": 0, "head": head, "clip": f"demo/{n}",
                 "speaker": f"demo-{fold}",
                 "true": EMOTIONS[n % 2], "predicted": EMOTIONS[n % 3 % 2],
                 "p_happy": 0.6 - n % 3 % 2 / 5, "p_sad": 0.4 + n % 3 % 2 / 5}
                for n in range(6)
            ]  # fmt: skip
    data = {"recipe": recipe, "emotions": list(EMOTIONS), "heads": entries,
            "library_versions": {"xgboost": "3.2.0"}}  # fmt: skip
    about = HeadsAbout.model_validate_json(json.dumps(data))
    about.write(Layout(root).heads(recipe))
    _table(Layout(root).predictions(recipe), rows)


def evaluate(
    root: Path, recipe: str = "demo", *, uar: Mapping[str, float] = {"softmax": 0.6, "xgboost": 0.7}
) -> None:
    """What ``evaluate`` writes; the best by test is also the best by validation here."""

    def row(value: float, validation: float | None) -> dict[str, Any]:
        spread = {"mean": value, "low": round(value - 0.1, 6), "high": round(value + 0.1, 6)}
        return {"uar": spread, "accuracy": spread, "macro_precision": value, "macro_f1": value,
                "log_loss": round(1 - value, 6), "calibration_error": 0.05,
                "validation_uar": validation}  # fmt: skip

    folder = Layout(root).report(recipe)
    best = max(uar, key=lambda head: uar[head])
    heads = {head: row(value, value + 0.02) for head, value in uar.items()}
    _json(
        folder / "metrics.json",
        {"recipe": recipe, "title": "Synthetic speech", "dataset": "demo", "protocol": "speaker",
         "label": "no speaker and no recording on both sides", "clips": 12, "speakers": 2,
         "folds": 2, "seeds": [0], "chosen": {"head": best, "by": "validation uar"},
         "heads": {**heads, "majority": row(0.5, None), "random": row(0.49, None)}, "paired": {}},
    )  # fmt: skip
    predictions = Layout(root).predictions(recipe)
    if predictions.is_file():
        with predictions.open(newline="", encoding="utf-8") as file:
            lines = [line for line in csv.DictReader(file) if line.pop("role") == "test"]
        _table(folder / "predictions.csv", lines)
    (folder / "report.html").write_text(f"<h1>{recipe}</h1><p>{best} {uar[best]}</p>")
    split = [
        {"clip": f"demo/{n}", "plane": "", "fold": 0, "role": "train", "emotion": EMOTIONS[n % 2],
         "speaker": f"demo-{n % 2}", "sex": "female"}
        for n in range(12)
    ]  # fmt: skip
    _table(Layout(root).split(recipe), split)
    summary = {"label": "no speaker and no recording on both sides"}
    _json(Layout(root).split_summary(recipe), summary)


def run(root: Path, recipe: str = "demo", **options: Any) -> None:
    """Everything at once."""
    train(root, recipe, **options)
    fit_heads(root, recipe)
    evaluate(root, recipe)


def _json(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2))


def _table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
