"""All heads of a recipe on one fold: chosen, fitted, and asked.

Where embeddings come from several networks, a head is fitted on each one's and the
answers are averaged; settings are chosen once, by the averaged answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.config.base import unknown
from pipeline.config.heads import HeadSettings, LearnedSettings, SoftmaxSettings, VoteSettings
from pipeline.core.errors import HeadError
from pipeline.heads import choice, registry
from pipeline.heads.choice import Judgement
from pipeline.heads.head import Head
from pipeline.heads.tables import MAIN, Fold, Space, divide

Probabilities = npt.NDArray[np.float64]
DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Cooked:
    """One head on one fold and seed.

    Attributes:
        name: in params.yaml.
        settings: that were used, the chosen ones among them.
        heads: what was fitted, by part; empty for softmax and votes.
        members: of a vote, otherwise empty.
        odds: probabilities of every answered row, emotions in the recipe's order.
        judgement: on the validation clips, if there are any.
        trials: what validation chose from; empty where nothing was chosen.
    """

    name: str
    settings: dict[str, Any]
    heads: dict[int, Head]
    members: tuple[Cooked, ...]
    odds: Probabilities
    judgement: Judgement | None
    trials: tuple[tuple[dict[str, Any], Judgement], ...]

    @property
    def fitted(self) -> list[dict[str, float | int]]:
        """What fitting found that no setting says, part by part."""
        return [found for head in self.heads.values() if (found := head.fitted())]


@dataclass(frozen=True, slots=True)
class Kitchen:
    """Cooks heads by name, each one once.

    Attributes:
        fold: what there is to learn from.
        known: settings by name, all of the section ``heads``.
        done: what has been cooked.
    """

    fold: Fold
    known: Mapping[str, HeadSettings]
    done: dict[str, Cooked]

    def cook(self, name: str) -> Cooked:
        """One head, with its members if it is a vote."""
        if name not in self.done:
            settings = self._settings(name)
            if isinstance(settings, VoteSettings):
                made = self._vote(name, settings)
            elif isinstance(settings, SoftmaxSettings):
                made = self._unfitted(name, settings.model_dump(mode="json"), self.fold.odds)
            else:
                made = self._learned(name, settings)
            self.done[name] = made
        return self.done[name]

    def _settings(self, name: str) -> HeadSettings:
        if name not in self.known:
            raise HeadError(unknown(name, self.known, "heads"))
        return self.known[name]

    def _vote(self, name: str, settings: VoteSettings) -> Cooked:
        for member in settings.members:
            if isinstance(self._settings(member), VoteSettings):
                raise HeadError(
                    f"heads.{name}.members: {member} is a vote itself; name its members"
                )
        members = tuple(self.cook(member) for member in settings.members)
        odds = np.mean([member.odds for member in members], axis=0)
        return self._unfitted(name, settings.model_dump(mode="json"), odds, members)

    def _unfitted(
        self,
        name: str,
        settings: dict[str, Any],
        odds: Probabilities,
        members: tuple[Cooked, ...] = (),
    ) -> Cooked:
        return Cooked(name, settings, {}, members, odds, self._judge(odds), ())

    def _learned(self, name: str, settings: LearnedSettings) -> Cooked:
        if self.fold.validation is None:
            choice.require_fixed(name, settings)
        found = choice.tried(settings, lambda each: self._fit(name, each))
        trials = [(each.settings, each.judgement) for each in found if each.judgement]
        return replace(choice.best(found), trials=tuple(trials) if len(found) > 1 else ())

    def _fit(self, name: str, settings: LearnedSettings) -> Cooked:
        """A head with settled settings on every space."""
        try:
            heads = {space.part: self._fit_one(settings, space) for space in self.fold.spaces}
        except HeadError as error:
            raise HeadError(f"heads.{name}: {error}") from None
        odds = np.mean(
            [
                probabilities(heads[space.part], space.judged, self.fold.emotions)
                for space in self.fold.spaces
            ],
            axis=0,
        )
        described = registry.describe(next(iter(heads.values())))
        return Cooked(name, described, heads, (), odds, self._judge(odds), ())

    def _fit_one(self, settings: LearnedSettings, space: Space) -> Head:
        fold = self.fold
        validation = None
        if fold.validation is not None:
            labels = np.array(fold.emotions)[fold.validation]
            validation = (space.judged[: fold.validated], labels)
        head = registry.make(settings)
        return head.fit(space.train, space.emotions, validation, groups=space.clips)

    def _judge(self, odds: Probabilities) -> Judgement | None:
        if self.fold.validation is None:
            return None
        return choice.judge(odds[: self.fold.validated], self.fold.validation)


def cook(
    table: pd.DataFrame,
    emotions: Sequence[str],
    names: Sequence[str],
    known: Mapping[str, HeadSettings],
    *,
    chosen: bool,
    told: Callable[[str], object] = lambda name: None,
) -> tuple[list[Cooked], pd.DataFrame]:
    """Fit a recipe's heads on one fold and seed, and ask them.

    Args:
        table: the fold's embeddings; see :func:`pipeline.heads.tables.divide`.
        emotions: the classes, in the recipe's order.
        names: the recipe's heads.
        known: settings by name, those of a vote's members among them.
        chosen: the network was chosen by the validation clips and did not learn from them;
            otherwise they choose nothing here either and are not answered.
        told: called with each head's name when it is done.

    Returns:
        The heads in the order of ``names``, and their answers for validation and test
        clips: role, head, clip, speaker, true, predicted, ``p_<emotion>``.

    Raises:
        HeadError: a head has something to choose and nothing to choose by, or is unknown.
    """
    fold = divide(table, emotions, chosen=chosen)
    kitchen = Kitchen(fold, known, {})
    cooked = []
    for name in names:
        cooked.append(kitchen.cook(name))
        told(name)
    true = _true(table, fold)
    return cooked, pd.concat([_answers(each, fold, true) for each in cooked], ignore_index=True)


def probabilities(
    head: Head, embeddings: npt.NDArray[Any], emotions: Sequence[str]
) -> Probabilities:
    """A head's answers with the emotions in order; one it never met has no chance."""
    odds = np.zeros((len(embeddings), len(emotions)))
    places = [list(emotions).index(emotion) for emotion in head.classes_]
    odds[:, places] = head.predict_proba(embeddings)
    return odds


def save(cooked: Cooked, folder: Path) -> list[Path]:
    """Write a head, one model for each part; a vote's are its members'."""
    files: list[Path] = []
    for member in cooked.members:
        files += save(member, folder)
    for part, head in cooked.heads.items():
        name = cooked.name if part == MAIN else f"{cooked.name}-part-{part}"
        files += registry.save(head, folder, name)
    return files


def facts(cooked: Cooked, files: Sequence[Path], root: Path, network: str) -> dict[str, Any]:
    """What ``about.json`` says of a head.

    Args:
        cooked: the head.
        files: that hold it.
        root: the folder that their names count from.
        network: hash of the network's weights; part of the hash of heads that ask it.
    """
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    if not cooked.heads:
        digest.update(network.encode())
    return {
        "head": cooked.name,
        "files": [path.relative_to(root).as_posix() for path in files],
        "sha256": digest.hexdigest(),
        "network_weights": network,
        "settings": cooked.settings,
        "fitted": cooked.fitted,
        "validation_uar": cooked.judgement.uar if cooked.judgement else None,
        "trials": [
            {
                "settings": settings,
                "validation_uar": judgement.uar,
                "validation_log_loss": judgement.log_loss,
            }
            for settings, judgement in cooked.trials
        ],
    }


def _true(table: pd.DataFrame, fold: Fold) -> npt.NDArray[np.object_]:
    """The true emotions, looked up when all is fitted and answered."""
    main = table[(table["part"] == MAIN) & (table["copy"] == 0)].set_index(["clip", "plane"])
    order = pd.MultiIndex.from_frame(fold.rows[["clip", "plane"]])
    return np.asarray(main["emotion"].loc[order].to_numpy(object))


def _answers(cooked: Cooked, fold: Fold, true: npt.NDArray[np.object_]) -> pd.DataFrame:
    named = {
        f"p_{emotion}": cooked.odds[:, place].round(DIGITS)
        for place, emotion in enumerate(fold.emotions)
    }
    return pd.DataFrame(
        {
            "role": fold.rows["role"],
            "head": cooked.name,
            "clip": fold.rows["clip"],
            "speaker": fold.rows["speaker"],
            "true": true,
            "predicted": np.array(fold.emotions)[cooked.odds.argmax(axis=1)],
            **named,
        }
    )
