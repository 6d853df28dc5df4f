"""A recipe as the earlier stages leave it, in small: every number from a seeded generator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from pipeline.config.yaml12 import read_yaml
from pipeline.core.layout import Layout
from pipeline.core.storage import write_json
from pipeline.evaluation.outputs import CURVES
from pipeline.heads.about import HeadFacts, HeadsAbout
from pipeline.training.about import NetworkFacts, NetworksAbout
from pipeline.views.packed import ARRAY, TABLE, ViewAbout

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
HEADS = {"softmax": 1.0, "svm": 1.3, "xgboost": 1.15}
"""How much better each head is than the first."""

WITHOUT_NETWORK = {"xgboost": 1.15, "svm": 1.3}
"""The same of a recipe without a network, which has no softmax."""

VIEW = "toy-mel"
LEAKY = "leaks: speakers are on both sides"
HONEST = "no speaker and no recording on both sides"


@dataclass(frozen=True)
class ExampleRecipe:
    """A recipe, and what its stages before ``evaluate`` would leave.

    Attributes:
        root: of the repository that it lies in.
        recipe: its name.
        corpus: where its clips are said to come from.
        emotions: how many.
        speakers: how many, women and men in turn.
        takes: clips of each speaker and emotion.
        folds: how many; a speaker is tested in one of them.
        seeds: how many.
        leaks: whether the protocol shares speakers.
        validated: whether validation figures exist.
        network: whether it has a network.
        skill: how well emotions are recognised.
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
    network: bool = True
    skill: float = 1.6
    image: int = 24

    @property
    def names(self) -> list[str]:
        """The emotions."""
        return list(EMOTIONS[: self.emotions])

    @property
    def layout(self) -> Layout:
        """The paths of its repository."""
        return Layout(self.root)

    @property
    def head_names(self) -> dict[str, float]:
        """Its heads, each with how good it is."""
        return HEADS if self.network else WITHOUT_NETWORK

    def write(self) -> Path:
        """Write every file that the stage ``evaluate`` reads.

        Returns:
            The folder of its report.
        """
        layout = self.layout
        self._add_to_params()
        clips = self._clips()
        self._write_view(clips)
        split = self._split(clips)
        self._csv(split, layout.split(self.recipe))
        write_json(layout.split_summary(self.recipe), self._summary(split))
        if self.network:
            self._csv(self._curves(), layout.network_facts(self.recipe) / CURVES)
            self._networks().write(layout.network_facts(self.recipe))
        self._heads().write(layout.heads(self.recipe))
        self._csv(self._predictions(split), layout.predictions(self.recipe))
        embeddings = layout.embeddings(self.recipe)
        embeddings.mkdir(parents=True, exist_ok=True)
        for fold in range(self.folds):
            for seed in range(self.seeds):
                table = self._embeddings(split[split["fold"] == fold], seed)
                table.to_parquet(embeddings / f"fold-{fold}-seed-{seed}.parquet", index=False)
        return layout.report(self.recipe)

    def _add_to_params(self) -> None:
        path = self.root / "params.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        params = read_yaml(path) if path.is_file() else {}
        group = "all" if self.network else "without-network"
        params.setdefault("heads", {})[group] = {name: {"kind": name} for name in self.head_names}
        recipe: dict[str, Any] = {
            "title": f"An example of {self.emotions} emotions",
            "dataset": "toy",
            "view": VIEW,
            "emotions": self.names,
            "protocol": "random" if self.leaks else "speaker",
            "heads": group,
        }
        if self.network:
            recipe |= {
                "network": "small",
                "initial_weights": "random",
                "training": "careful",
                "seeds": list(range(self.seeds)),
                "embeddings": {"kind": "plain"},
            }
        section = "recipes_with_network" if self.network else "recipes_without_network"
        params.setdefault(section, {})[self.recipe] = recipe
        path.write_text(yaml.safe_dump(params), encoding="utf-8")

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
        folder = self.layout.view(VIEW)
        folder.mkdir(parents=True, exist_ok=True)
        rise, time = np.mgrid[0 : self.image, 0 : self.image] / self.image
        rng = self._rng(1)
        images = []
        for emotion in clips["emotion"]:
            pitch = 0.04 + 0.02 * self.names.index(emotion)
            wave = 0.5 + 0.5 * np.cos(2 * np.pi * (rise / pitch + 2 * np.sin(5 * time)))
            loud = np.exp(-2.5 * rise) * np.sin(np.pi * time) ** 0.5
            images.append(255 * np.clip(wave * loud + 0.08 * rng.random(wave.shape), 0, 1))
        np.save(folder / ARRAY, np.array(images).astype(np.uint8))
        table = clips[["clip"]].assign(plane="", hash="0", loudest_db=0.0)
        table.to_csv(folder / TABLE, index=False)
        ViewAbout(
            settings={"kind": "mel", "scale": "clip"},
            rows=len(clips),
            clips=len(clips),
            planes=("",),
            shape=(self.image, self.image),
            dtype="uint8",
            set_aside={},
        ).write(folder)

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
            names = sorted(set(tested["speaker"]))
            folds.append({**sizes, "test": len(tested), "test_speakers": names})
        return {
            "protocol": "random" if self.leaks else "speaker",
            "label": LEAKY if self.leaks else HONEST,
            "leaks": {"speaker": 9} if self.leaks else {},
            "folds": self.folds,
            "clips": int(split["clip"].nunique()),
            "per_fold": folds,
        }

    def _networks(self) -> NetworksAbout:
        networks = tuple(
            NetworkFacts(
                fold=fold,
                seed=seed,
                part=None,
                weights=f"fold-{fold}-seed-{seed}.safetensors",
                sha256="ab" * 32,
                parameters=290_888,
                clips=40,
                epochs=30,
                best_epoch=24 if self.validated else None,
                validation_uar=0.7 if self.validated else None,
                validation_loss=1.02 if self.validated else None,
            )
            for fold in range(self.folds)
            for seed in range(self.seeds)
        )
        return NetworksAbout(
            recipe=self.recipe,
            dataset="toy",
            view=VIEW,
            protocol="random" if self.leaks else "speaker",
            emotions=tuple(self.names),
            shape=(self.image, self.image),
            seeds=tuple(range(self.seeds)),
            network={"name": "small", "kind": "spectrogram-net", "width": 16, "dropout": 0.4},
            training={"name": "careful", "epochs": 30, "batch": 32, "rate": 0.004},
            initial_weights={"name": "random", "kind": "random"},
            embeddings={"kind": "plain"},
            inputs={"view": "12" * 32, "split": "34" * 32},
            environment={"device": "cpu", "threads": 2, "torch": "2.13.0"},
            networks=networks,
        )

    def _heads(self) -> HeadsAbout:
        heads = tuple(
            HeadFacts(
                head=head,
                fold=fold,
                seed=seed,
                files=(),
                sha256="cd" * 32,
                network_weights="ab" * 32,
                settings={"kind": head, **({"C": 3.0} if head == "svm" else {})},
                fitted=(),
                validation_uar=round(0.5 + 0.1 * gain + 0.01 * fold, 6) if self.validated else None,
                trials=(),
            )
            for fold in range(self.folds)
            for seed in range(self.seeds)
            for head, gain in self.head_names.items()
        )
        return HeadsAbout(
            recipe=self.recipe,
            emotions=tuple(self.names),
            library_versions={"scikit-learn": "1.9.1", "xgboost": "3.2.0"},
            heads=heads,
        )

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
        rows = split[split["role"] != "train"]
        speaker = rows["speaker"].str[-2:].astype(int).to_numpy()
        true = rows["emotion"].map(self.names.index).to_numpy()
        easy = np.random.default_rng(7).normal(1, 0.45, self.speakers + 1)[speaker]
        alike = np.cos(np.arange(self.emotions)[:, None] - np.arange(self.emotions)) * 0.8
        parts = []
        for seed in range(self.seeds):
            noise = self._rng(4, seed).normal(size=(len(rows), self.emotions))
            for place, (head, gain) in enumerate(self.head_names.items()):
                own = self._rng(5, seed, place).normal(size=noise.shape)
                lift = self.skill * gain * easy * (1.5 if self.leaks else 1.0)
                logits = noise + 0.5 * own + alike[true]
                logits[np.arange(len(rows)), true] += lift
                exponents = np.exp(1.4 * logits)
                shares = (exponents / exponents.sum(axis=1, keepdims=True)).round(6)
                predicted = np.array(self.names)[shares.argmax(axis=1)]
                table = rows[["role", "fold"]].assign(seed=seed, head=head)
                table = table.assign(clip=rows["clip"], speaker=rows["speaker"])
                table = table.assign(true=rows["emotion"], predicted=predicted)
                named = {f"p_{name}": shares[:, at] for at, name in enumerate(self.names)}
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

    def _csv(self, table: pd.DataFrame, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, index=False)
