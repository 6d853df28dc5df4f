"""The training loop: learns, stops, resumes to the same weights, and sees no test label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.config.base import parse
from pipeline.config.folders import load
from pipeline.config.trainings import TrainingSettings
from pipeline.core.errors import ConfigError, TrainingError
from pipeline.core.scores import uar
from pipeline.networks.spectrogram_net import SpectrogramNetSettings
from pipeline.training import loop
from pipeline.training.clips import Clips, clips
from pipeline.training.prediction import predict
from tests.conftest import ROOT

NET = parse(
    SpectrogramNetSettings,
    {
        "kind": "spectrogram-net",
        "width": 4,
        "pooling": "mean-max",
        "dropout": 0.1,
        "normalise": "channel",
    },
)


def settings(**changes: Any) -> TrainingSettings:
    """The repository's brief training with a few values changed."""
    brief = load(TrainingSettings, "trainings", "brief", root=ROOT)
    return parse(TrainingSettings, {**brief.model_dump(), "epochs": 4, "batch": 8, **changes})


def stripes(count: int, seed: int) -> Clips:
    """Images of two emotions: stripes along time, or along frequency."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    images = rng.integers(0, 60, (count, 32, 32))
    images[labels == 0, ::4] += 150
    images[labels == 1, :, ::4] += 150
    return clips(images.astype(np.uint8), labels)


def fit(**options: Any) -> loop.Fitted:
    chosen = options.pop("settings", settings())
    validation = stripes(16, 1) if chosen.validation == "stop" else None
    return loop.fit(
        stripes(48, 0), validation, NET, chosen, emotions=2, seed=3, progress=False, **options
    )


def weights(fitted: loop.Fitted) -> dict[str, torch.Tensor]:
    return fitted.network.state_dict()


def same(one: loop.Fitted, two: loop.Fitted) -> bool:
    return all(torch.equal(value, weights(two)[name]) for name, value in weights(one).items())


def test_a_network_learns_what_can_be_learned() -> None:
    fitted = fit(settings=settings(epochs=8))
    probabilities, _ = predict(fitted.network, stripes(40, 2).images)
    assert uar(np.arange(40) % 2, probabilities.argmax(axis=1)) > 0.9


def test_the_same_seed_gives_the_same_weights() -> None:
    assert same(fit(), fit())


class KilledError(Exception):
    """Stands for a signal that ends the process."""


@pytest.mark.parametrize("average", [None, 0.9])
def test_a_killed_training_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, average: float | None
) -> None:
    monkeypatch.setattr(loop, "SAVED_EVERY", 0.0)
    chosen = settings(average=average)
    checkpoint = tmp_path / "net.checkpoint"

    def kill(epoch: loop.Epoch) -> None:
        if epoch.number == 3:
            raise KilledError

    with pytest.raises(KilledError):
        fit(settings=chosen, checkpoint=checkpoint, on_epoch=kill)
    numbers: list[int] = []
    resumed = fit(
        settings=chosen, checkpoint=checkpoint, on_epoch=lambda epoch: numbers.append(epoch.number)
    )
    assert numbers == [1, 2, 3, 4]
    assert same(resumed, fit(settings=chosen))


def test_the_epoch_with_the_best_validation_is_taken() -> None:
    fitted = fit()
    figures = [(epoch.validation_uar, -(epoch.validation_loss or 0)) for epoch in fitted.epochs]
    assert fitted.best is not None
    assert fitted.best.number == 1 + figures.index(max(figures))


def test_patience_ends_a_training_early() -> None:
    fitted = fit(settings=settings(epochs=30, patience=2, schedule="constant"))
    assert fitted.best is not None
    assert len(fitted.epochs) == fitted.best.number + 2 < 30


def test_without_validation_the_last_epoch_is_taken() -> None:
    fitted = fit(settings=settings(validation="learn"))
    assert fitted.best is None
    assert fitted.epochs[-1].validation_uar is None


def test_patience_without_validation_is_refused() -> None:
    with pytest.raises(ConfigError, match="patience must be null"):
        settings(validation="learn", patience=3)


def test_validation_clips_must_match_the_settings() -> None:
    with pytest.raises(TrainingError, match="validation"):
        loop.fit(stripes(8, 0), None, NET, settings(), emotions=2, seed=0, progress=False)


def test_a_loss_that_is_no_number_stops_with_the_cure() -> None:
    with pytest.raises(TrainingError, match="lower the training's rate"):
        fit(settings=settings(rate=1e30, schedule="constant"))


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "constant"])
def test_the_rate_follows_its_schedule(schedule: str) -> None:
    rates = [epoch.rate for epoch in fit(settings=settings(schedule=schedule)).epochs]
    expected = {"one-cycle": rates[0] < rates[1], "cosine": rates[0] > rates[-1]}
    assert expected.get(schedule, len(set(rates)) == 1)


def test_rows_of_numbers_are_not_shifted_like_images() -> None:
    numbers = clips(np.zeros((8, 180), np.float32), np.arange(8) % 2)
    with pytest.raises(TrainingError, match="rows are no images"):
        loop.fit(numbers, numbers, NET, settings(), emotions=2, seed=0, progress=False)
