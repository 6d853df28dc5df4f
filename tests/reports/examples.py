"""A recipe as the earlier stages leave it, in small: every number from a seeded generator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
HEADS = {"softmax": 1.0, "svm": 1.3, "xgboost": 1.15}
LEAKY = "leaks: speakers are on both sides"
HONEST = "no speaker and no recording on both sides"


@dataclass(frozen=True)
class Kitchen:
    """What to cook.

    Attributes:
        root: the repository it is cooked in.
        recipe: its name.
        corpus: where its clips are said to come from.
        emotions: how many.
        speakers: how many, women and men in turn.
        takes: clips of each speaker and emotion.
        folds: how many; a speaker is tested in one of them.
        seeds: how many.
        leaks: whether the protocol shares speakers.
        validated: whether validation figures exist.
        skill: how well the sounds are told apart.
        image: edge of the view's pictures.
    """

    root: Path
    recipe: str = "toy"
    corpus: str = "demo"
    emotions: int = 4
    speakers: int = 6
    takes: int = 3
    folds: int = 3
    seeds: int = 2
    leaks: bool = False
    validated: bool = True
    skill: float = 1.6
    image: int = 24

    @property
    def names(self) -> list[str]:
        """The emotions."""
        return list(EMOTIONS[: self.emotions])

    def cook(self) -> Path:
        """Write every file that the stage ``evaluate`` reads."""
        self._add_to_params()
        clips = self._clips()
        self._write_view(clips)
        split = self._split(clips)
        self._csv(split, "data/splits", f"{self.recipe}.csv")
        report = self.root / "reports/recipes" / self.recipe
        self._json(report / "split.json", self._summary(split))
        self._csv(self._curves(), "reports/recipes", self.recipe, "curves.csv")
        models = self.root / "models"
        self._json(models / "networks" / self.recipe / "about.json", self._networks())
        self._json(models / "heads" / self.recipe / "about.json", self._heads())
        self._csv(self._predictions(split), "data/predictions", f"{self.recipe}.csv")
        for fold in range(self.folds):
            for seed in range(self.seeds):
                path = self.root / "data/embeddings" / self.recipe
                path.mkdir(parents=True, exist_ok=True)
                table = self._embeddings(split[split["fold"] == fold], seed)
                table.to_parquet(path / f"fold-{fold}-seed-{seed}.parquet", index=False)
        return report

    def _add_to_params(self) -> None:
        path = self.root / "params.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        yaml = YAML(typ="safe")
        params = yaml.load(path.read_text()) if path.is_file() else {"recipes": {}}
        params["recipes"][self.recipe] = {
            "title": f"A dish of {self.emotions} emotions",
            "dataset": "toy",
            "view": "toy-mel",
            "emotions": self.names,
            "protocol": "random" if self.leaks else "speaker",
            "network": "small",
            "family": "spectrogram_net",
            "start": "scratch",
            "training": "careful",
            "seeds": list(range(self.seeds)),
            "embeddings": {"kind": "plain"},
            "heads": list(HEADS),
        }
        yaml.dump(params, path)

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([len(self.recipe), int(self.leaks), *key])

    def _clips(self) -> pd.DataFrame:
        rows = [
            {
                "clip": f"{self.corpus}/{speaker:02}-{emotion:02}-{take:02}",
                "emotion": self.names[emotion],
                "speaker": f"{self.corpus}-{speaker:02}",
                "sex": ("female", "male")[speaker % 2],
            }
            for speaker in range(1, self.speakers + 1)
            for emotion in range(self.emotions)
            for take in range(self.takes)
        ]
        return pd.DataFrame(rows)

    def _write_view(self, clips: pd.DataFrame) -> None:
        folder = self.root / "data/views/toy-mel"
        folder.mkdir(parents=True, exist_ok=True)
        rise, time = np.mgrid[0 : self.image, 0 : self.image] / self.image
        rng = self._rng(1)
        images = []
        for emotion in clips["emotion"]:
            pitch = 0.04 + 0.02 * self.names.index(emotion)
            wave = 0.5 + 0.5 * np.cos(2 * np.pi * (rise / pitch + 2 * np.sin(5 * time)))
            loud = np.exp(-2.5 * rise) * np.sin(np.pi * time) ** 0.5
            images.append(255 * np.clip(wave * loud + 0.08 * rng.random(wave.shape), 0, 1))
        np.save(folder / "view.npy", np.array(images).astype(np.uint8))
        table = clips[["clip"]].assign(plane="", hash="0", loudest_db=0.0)
        table.to_csv(folder / "rows.csv", index=False)
        size = [self.image, self.image]
        about = {"settings": {"kind": "mel", "scale": "clip"}, "rows": len(clips), "shape": size}
        self._json(folder / "about.json", about)

    def _split(self, clips: pd.DataFrame) -> pd.DataFrame:
        rng = self._rng(2)
        if self.leaks:
            place = pd.Series(rng.permutation(len(clips)) % self.folds)
        else:
            place = clips["speaker"].str[-2:].astype(int) % self.folds
        parts = []
        for fold in range(self.folds):
            role = np.where(place == fold, "test", "train")
            spare = (place == (fold + 1) % self.folds) & (rng.random(len(clips)) < 0.5)
            role[spare.to_numpy()] = "validation"
            parts.append(clips.assign(plane="", fold=fold, role=role, group=clips["speaker"]))
        columns = ["clip", "plane", "fold", "role", "emotion", "speaker", "sex", "group"]
        return pd.concat(parts, ignore_index=True)[columns]

    def _summary(self, split: pd.DataFrame) -> dict[str, Any]:
        folds = []
        for _, rows in split.groupby("fold"):
            sizes = {role: int((rows["role"] == role).sum()) for role in ("train", "validation")}
            tested = rows[rows["role"] == "test"]
            who = sorted(set(tested["speaker"]))
            folds.append({**sizes, "test": len(tested), "test_speakers": who})
        return {
            "protocol": "random" if self.leaks else "speaker",
            "label": LEAKY if self.leaks else HONEST,
            "leaks": {"speaker": 9} if self.leaks else {},
            "folds": self.folds,
            "clips": int(split["clip"].nunique()),
            "per_fold": folds,
        }

    def _networks(self) -> dict[str, Any]:
        score = 0.7 if self.validated else None
        networks = [
            {
                "fold": fold,
                "seed": seed,
                "part": None,
                "weights": f"fold-{fold}-seed-{seed}.safetensors",
                "sha256": "ab" * 32,
                "parameters": 290_888,
                "epochs": 30,
                "best_epoch": 24 if self.validated else None,
                "validation_uar": score,
                "validation_loss": 1.02 if self.validated else None,
            }
            for fold in range(self.folds)
            for seed in range(self.seeds)
        ]
        return {
            "recipe": self.recipe,
            "dataset": "toy",
            "view": "toy-mel",
            "emotions": self.names,
            "shape": [self.image, self.image],
            "start": {"name": "scratch", "kind": "scratch"},
            "network": {"name": "small", "kind": "spectrogram-net", "width": 16, "dropout": 0.4},
            "training": {"name": "careful", "epochs": 30, "batch": 32, "rate": 0.004},
            "embeddings": {"kind": "plain"},
            "inputs": {"view": "12" * 32, "split": "34" * 32},
            "environment": {
                "device": "cpu",
                "threads": 2,
                "instructions": "AVX512",
                "torch": "2.13.0",
            },
            "networks": networks,
        }

    def _heads(self) -> dict[str, Any]:
        heads = [
            {
                "head": head,
                "fold": fold,
                "seed": seed,
                "files": [],
                "sha256": "cd" * 32,
                "network_weights": "ab" * 32,
                "settings": {"kind": head, **({"C": 3.0} if head == "svm" else {})},
                "validation_uar": round(0.5 + 0.1 * gain + 0.01 * fold, 6)
                if self.validated
                else None,
                "trials": [],
            }
            for fold in range(self.folds)
            for seed in range(self.seeds)
            for head, gain in HEADS.items()
        ]
        versions = {"scikit-learn": "1.9.1", "xgboost": "3.2.0"}
        known = {"recipe": self.recipe, "emotions": self.names}
        return {**known, "library_versions": versions, "heads": heads}

    def _curves(self) -> pd.DataFrame:
        rows = []
        for fold in range(self.folds):
            for seed in range(self.seeds):
                rng = self._rng(3, fold, seed)
                for epoch in range(1, 31):
                    loss = 0.5 + 1.6 * np.exp(-epoch / 8) + 0.03 * rng.random()
                    apart = 0.35 + 0.1 * rng.random()
                    rows.append(
                        {
                            "fold": fold,
                            "seed": seed,
                            "part": "",
                            "epoch": epoch,
                            "rate": 0.004,
                            "loss": round(loss, 6),
                            "validation_loss": round(loss + apart, 6) if self.validated else "",
                            "validation_uar": round(1 - 0.4 * loss, 6) if self.validated else "",
                        }
                    )
        return pd.DataFrame(rows)

    def _predictions(self, split: pd.DataFrame) -> pd.DataFrame:
        asked = split[split["role"] != "train"]
        who = asked["speaker"].str[-2:].astype(int).to_numpy()
        true = asked["emotion"].map(self.names.index).to_numpy()
        easy = np.random.default_rng(7).normal(1, 0.45, self.speakers + 1)[who]
        alike = np.cos(np.arange(self.emotions)[:, None] - np.arange(self.emotions)) * 0.8
        parts = []
        for seed in range(self.seeds):
            noise = self._rng(4, seed).normal(size=(len(asked), self.emotions))
            for place, (head, gain) in enumerate(HEADS.items()):
                own = self._rng(5, seed, place).normal(size=noise.shape)
                lift = self.skill * gain * easy * (1.5 if self.leaks else 1.0)
                logits = noise + 0.5 * own + alike[true]
                logits[np.arange(len(asked)), true] += lift
                chances = np.exp(1.4 * logits)
                chances = (chances / chances.sum(axis=1, keepdims=True)).round(6)
                told = np.array(self.names)[chances.argmax(axis=1)]
                table = asked[["role", "fold"]].assign(seed=seed, head=head)
                table = table.assign(clip=asked["clip"], speaker=asked["speaker"])
                table = table.assign(true=asked["emotion"], predicted=told)
                named = {f"p_{name}": chances[:, at] for at, name in enumerate(self.names)}
                parts.append(table.assign(**named))
        return pd.concat(parts, ignore_index=True)

    def _embeddings(self, rows: pd.DataFrame, seed: int) -> pd.DataFrame:
        rng = self._rng(6, seed)
        true = rows["emotion"].map(self.names.index).to_numpy()
        centres = np.random.default_rng(8).normal(size=(self.emotions, 16)) * 1.6
        points = (centres[true] + rng.normal(size=(len(rows), 16))).astype(np.float32)
        facts = rows[["clip", "plane", "role", "emotion", "speaker"]].reset_index(drop=True)
        facts = facts.assign(part=np.int8(-1), copy=np.int16(0))
        return facts.join(pd.DataFrame(points, columns=[f"e{at:03}" for at in range(16)]))

    def _csv(self, table: pd.DataFrame, *place: str) -> None:
        path = self.root.joinpath(*place)
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, index=False)

    def _json(self, path: Path, data: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data), encoding="utf-8")
