"""All heads of a set on one fold: chosen, fitted, and their predictions.

Where embeddings come from several networks, a head is fitted on each one's and the
probabilities are averaged; settings are chosen once, by the averaged probabilities.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.core.errors import HeadError
from pipeline.heads import choice, registry
from pipeline.heads.about import HeadFacts, TrialFacts
from pipeline.heads.choice import Probabilities, Score
from pipeline.heads.head import Head
from pipeline.heads.settings import HeadSettings, LearnedSettings
from pipeline.heads.softmax import SoftmaxSettings
from pipeline.heads.tables import KEY, EmbeddingTable, Fold, divide
from pipeline.heads.vote import VoteSettings
from pipeline.training.run import MAIN

DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class FittedHead:
    """One head on one fold and seed.

    Attributes:
        name: in its set.
        settings: that were used, the chosen ones among them.
        heads: what was fitted, by part; empty for softmax and votes.
        members: of a vote, otherwise empty.
        probabilities: of every row of the fold, emotions in the recipe's order.
        score: on the validation clips, if there are any.
        trials: what validation chose from; empty where nothing was chosen.
    """

    name: str
    settings: dict[str, Any]
    heads: dict[int, Head]
    members: tuple[FittedHead, ...]
    probabilities: Probabilities
    score: Score | None
    trials: tuple[tuple[dict[str, Any], Score], ...]

    @property
    def fitted(self) -> list[dict[str, float | int]]:
        """What fitting found that no setting says, part by part."""
        return [found for head in self.heads.values() if (found := head.fitted())]


@dataclass(frozen=True, slots=True)
class HeadFitter:
    """Fits the heads of a set by name, each one once.

    Attributes:
        fold: what there is to learn from.
        heads: settings by name.
        where: they stand, such as ``heads.all``.
        done: what has been fitted.
    """

    fold: Fold
    heads: Mapping[str, HeadSettings]
    where: str
    done: dict[str, FittedHead] = field(default_factory=dict)

    def fit(self, name: str) -> FittedHead:
        """One head, with its members if it is a vote."""
        if name not in self.done:
            settings = self.heads[name]
            if isinstance(settings, VoteSettings):
                self.done[name] = self._vote(name, settings)
            elif isinstance(settings, SoftmaxSettings):
                self.done[name] = self._softmax(name, settings)
            elif isinstance(settings, LearnedSettings):
                self.done[name] = self._learned(name, settings)
        return self.done[name]

    def _vote(self, name: str, settings: VoteSettings) -> FittedHead:
        members = tuple(self.fit(member) for member in settings.members)
        mean = np.mean([member.probabilities for member in members], axis=0)
        return self._unfitted(name, settings, mean, members)

    def _softmax(self, name: str, settings: SoftmaxSettings) -> FittedHead:
        if self.fold.probabilities is None:
            raise HeadError(
                f"{self.where}.{name}: a softmax is a network's, and the recipe has no network; "
                "name a set of heads without one"
            )
        return self._unfitted(name, settings, self.fold.probabilities)

    def _unfitted(
        self,
        name: str,
        settings: HeadSettings,
        values: Probabilities,
        members: tuple[FittedHead, ...] = (),
    ) -> FittedHead:
        described = settings.model_dump(mode="json")
        return FittedHead(name, described, {}, members, values, self._score(values), ())

    def _learned(self, name: str, settings: LearnedSettings) -> FittedHead:
        if self.fold.validation is None:
            choice.require_fixed(settings, f"{self.where}.{name}")
        found = choice.try_all(settings, lambda each: self._fit(name, each))
        trials = [(each.settings, each.score) for each in found if each.score]
        return replace(choice.best(found), trials=tuple(trials) if len(found) > 1 else ())

    def _fit(self, name: str, settings: LearnedSettings) -> FittedHead:
        """A head with settled settings on the embeddings of every network."""
        fold = self.fold
        try:
            heads = {table.part: self._fit_one(settings, table) for table in fold.tables}
        except HeadError as error:
            raise HeadError(f"{self.where}.{name}: {error}") from None
        each = [
            probabilities(heads[table.part], table.evaluated, fold.emotions)
            for table in fold.tables
        ]
        mean = np.mean(each, axis=0)
        described = registry.describe(next(iter(heads.values())))
        return FittedHead(name, described, heads, (), mean, self._score(mean), ())

    def _fit_one(self, settings: LearnedSettings, table: EmbeddingTable) -> Head:
        fold = self.fold
        validation = None
        if fold.validation is not None:
            labels = np.array(fold.emotions)[fold.validation]
            validation = (table.evaluated[: fold.validation_rows], labels)
        head = registry.make(settings)
        return head.fit(table.train, table.emotions, validation, groups=table.clips)

    def _score(self, values: Probabilities) -> Score | None:
        if self.fold.validation is None:
            return None
        return choice.score(values[: self.fold.validation_rows], self.fold.validation)


def fit_heads(
    table: pd.DataFrame,
    emotions: Sequence[str],
    heads: Mapping[str, HeadSettings],
    *,
    validated: bool,
    where: str = "heads",
    on_head: Callable[[str], object] = lambda name: None,
) -> tuple[list[FittedHead], pd.DataFrame]:
    """Fit a set of heads on one fold and seed, and predict its validation and test clips.

    Args:
        table: the fold's embeddings; see :func:`pipeline.heads.tables.divide`.
        emotions: the classes, in the recipe's order.
        heads: settings by name, those of a vote's members among them.
        validated: validation clips were not learned from and may choose; otherwise they
            choose nothing here either and are not predicted.
        where: the settings stand, such as ``heads.all``, for messages.
        on_head: called with each head's name when it is done.

    Returns:
        The heads in the order of the set, and their predictions of validation and test
        clips: role, head, clip, speaker, true, predicted, ``p_<emotion>``.

    Raises:
        HeadError: a head has something to choose and nothing to choose by, or needs a network
            where there is none.
        ConfigError: a vote's member is not in the set.
    """
    registry.check_votes(heads, where)
    fold = divide(table, emotions, validated=validated)
    fitter = HeadFitter(fold, heads, where)
    fitted = []
    for name in heads:
        fitted.append(fitter.fit(name))
        on_head(name)
    true = _true(table, fold)
    predictions = [_predictions(head, fold, true) for head in fitted]
    return fitted, pd.concat(predictions, ignore_index=True)


def probabilities(
    head: Head, embeddings: npt.NDArray[Any], emotions: Sequence[str]
) -> Probabilities:
    """A head's probabilities, emotions in order; one that it did not learn has zero."""
    values = np.zeros((len(embeddings), len(emotions)))
    columns = [list(emotions).index(emotion) for emotion in head.classes_]
    values[:, columns] = head.predict_proba(embeddings)
    return values


def save(fitted: FittedHead, folder: Path) -> list[Path]:
    """Write a head, one model for each part; a vote's are its members'."""
    files: list[Path] = []
    for member in fitted.members:
        files += save(member, folder)
    for part, head in fitted.heads.items():
        name = fitted.name if part == MAIN else f"{fitted.name}-part-{part}"
        files += registry.save(head, folder, name)
    return files


def facts(
    fitted: FittedHead, files: Sequence[Path], root: Path, *, fold: int, seed: int, network: str
) -> HeadFacts:
    """What ``about.json`` says of a head.

    Args:
        fitted: the head.
        files: that hold it.
        root: the folder that their names count from.
        fold: that tests it.
        seed: of the network.
        network: hash of the network's weights; part of the hash of heads that have no files.
    """
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    if not fitted.heads:
        digest.update(network.encode())
    return HeadFacts(
        head=fitted.name,
        fold=fold,
        seed=seed,
        files=tuple(path.relative_to(root).as_posix() for path in files),
        sha256=digest.hexdigest(),
        network_weights=network,
        settings=fitted.settings,
        fitted=tuple(fitted.fitted),
        validation_uar=fitted.score.uar if fitted.score else None,
        trials=tuple(
            TrialFacts(
                settings=settings,
                validation_uar=score.uar,
                validation_log_loss=score.log_loss,
            )
            for settings, score in fitted.trials
        ),
    )


def _true(table: pd.DataFrame, fold: Fold) -> npt.NDArray[np.object_]:
    """The true emotions, looked up when everything is fitted and predicted."""
    main = table[(table["part"] == MAIN) & (table["copy"] == 0)].set_index(KEY)
    order = pd.MultiIndex.from_frame(fold.rows[KEY])
    return np.asarray(main["emotion"].loc[order].to_numpy(object))


def _predictions(fitted: FittedHead, fold: Fold, true: npt.NDArray[np.object_]) -> pd.DataFrame:
    columns = {
        f"p_{emotion}": fitted.probabilities[:, place].round(DIGITS)
        for place, emotion in enumerate(fold.emotions)
    }
    return pd.DataFrame(
        {
            "role": fold.rows["role"],
            "head": fitted.name,
            "clip": fold.rows["clip"],
            "speaker": fold.rows["speaker"],
            "true": true,
            "predicted": np.array(fold.emotions)[fitted.probabilities.argmax(axis=1)],
            **columns,
        }
    )
