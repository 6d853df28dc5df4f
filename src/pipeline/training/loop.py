"""The one training loop.

A training reads rows of a view, labels and settings, and nothing else; all that an epoch
draws comes from the seed and the epoch's number, so a training that was killed goes on
from its last checkpoint to the weights it would have reached undisturbed.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from pipeline.config.trainings import TrainingSettings
from pipeline.core.errors import TrainingError
from pipeline.core.machine import device, keep_memory, reproducible
from pipeline.core.scores import uar
from pipeline.core.storage import atomic_write
from pipeline.networks import registry
from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings
from pipeline.training import augmentation
from pipeline.training.clips import Clips, are_images, as_floats, statistics
from pipeline.training.prediction import in_memory_format, precision, predict

SAVED_EVERY: Final = 15.0
"""Seconds between checkpoints: what a kill can cost."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """Figures of one epoch.

    Attributes:
        number: counted from 1.
        rate: the learning rate at its first step.
        loss: mean over its steps.
        validation_loss: null where nothing is validated.
        validation_uar: null where nothing is validated.
    """

    number: int
    rate: float
    loss: float
    validation_loss: float | None
    validation_uar: float | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained network.

    Attributes:
        network: with the weights of the best epoch, or of the last.
        epochs: all that were run, in order.
        best: the epoch that validation chose, if it did.
    """

    network: Network
    epochs: tuple[Epoch, ...]
    best: Epoch | None


def fit(
    training: Clips,
    validation: Clips | None,
    network: NetworkSettings,
    settings: TrainingSettings,
    *,
    emotions: int,
    seed: int,
    initial: Mapping[str, Tensor] | None = None,
    checkpoint: Path | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    label: str = "training",
    progress: bool = True,
) -> Fitted:
    """Train one network.

    Args:
        training: what it learns from.
        validation: what decides when to stop; null where the settings say ``learn``.
        network: which one.
        settings: how it learns.
        emotions: how many there are.
        seed: of the weights and of all that is drawn.
        initial: weights to begin from, by the network's names; null to draw them all.
        checkpoint: file to go on from, written now and then; the caller removes it.
        on_epoch: called with each epoch as it ends, earlier ones of a resumed training too.
        label: of the progress bar.
        progress: show it.

    Raises:
        TrainingError: there are too few clips, the settings do not suit them, or the loss
            is no number any more.
        NetworkError: the network does not fit the view or the initial weights.
    """
    _check(training, validation, settings)
    place = device()
    keep_memory()
    with reproducible(seed):
        run = _Training(
            training.to(place), validation and validation.to(place), network, settings, seed
        )
        run.start(emotions, initial, checkpoint)
        for epoch in run.epochs:
            on_epoch(epoch)
        saved = time.monotonic()
        with tqdm(
            total=settings.epochs, initial=len(run.epochs), desc=label, unit="epoch",
            disable=not progress,
        ) as bar:  # fmt: skip
            while not run.finished():
                on_epoch(epoch := run.epoch())
                bar.set_postfix_str(_postfix(epoch))
                bar.update()
                if checkpoint and (run.finished() or time.monotonic() - saved > SAVED_EVERY):
                    run.save(checkpoint)
                    saved = time.monotonic()
        return Fitted(run.result(), tuple(run.epochs), run.best)


class _Training:
    """A training under way."""

    def __init__(
        self,
        training: Clips,
        validation: Clips | None,
        network: NetworkSettings,
        settings: TrainingSettings,
        seed: int,
    ) -> None:
        self.training = training
        self.validation = validation
        self.choice = network
        self.settings = settings
        self.seed = seed
        self.epochs: list[Epoch] = []
        self.best: Epoch | None = None
        self.best_weights: dict[str, Tensor] | None = None

    def start(
        self, emotions: int, initial: Mapping[str, Tensor] | None, checkpoint: Path | None
    ) -> None:
        """Draw the weights, load initial ones, or resume from a checkpoint."""
        settings = self.settings
        self.emotions = emotions
        images = self.training.images
        self.network = registry.make(self.choice, tuple(images.shape[1:]), emotions)
        self.network.normalise_by(*statistics(images, by_band=self.network.by_band))
        self.initial = frozenset(self.network.begin_from(initial) if initial else ())
        self.network.to(images.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.stepped: nn.Module = (
            torch.compile(self.network) if settings.compile else self.network  # type: ignore[assignment]
        )
        self.batch = min(settings.batch, len(self.training))
        self.steps = len(self.training) // self.batch
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), settings.rate, weight_decay=settings.weight_decay, fused=True
        )
        self.schedule = self._schedule()
        self.average = (
            torch.optim.swa_utils.AveragedModel(
                self.network,
                multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(  # type: ignore[no-untyped-call]
                    settings.average
                ),
                use_buffers=False,
            )
            if settings.average is not None
            else None
        )
        if checkpoint and checkpoint.is_file():
            self._resume(checkpoint)

    def finished(self) -> bool:
        """Whether the last epoch is done, or patience has run out."""
        done = len(self.epochs)
        if done >= self.settings.epochs:
            return True
        patience = self.settings.patience
        return patience is not None and self.best is not None and (
            done - self.best.number >= patience
        )  # fmt: skip

    def epoch(self) -> Epoch:
        """Run one epoch and evaluate it on the validation clips."""
        number = len(self.epochs) + 1
        drawn, dropout = np.random.SeedSequence([self.seed, number]).generate_state(2)
        rng = torch.Generator().manual_seed(int(drawn))
        torch.manual_seed(int(dropout))
        rate = float(self.optimiser.param_groups[0]["lr"])
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(number > self.settings.frozen or name not in self.initial)
        loss = self._train_epoch(rng)
        if not np.isfinite(loss):
            raise TrainingError(f"the loss of epoch {number} is {loss}; lower the training's rate")
        epoch = Epoch(number, rate, loss, None, None)
        if self.validation is not None:
            epoch = self._validated(epoch)
        self.epochs.append(epoch)
        return epoch

    def result(self) -> Network:
        """The network with the weights of the best epoch, or of the last."""
        if self.best_weights is not None:
            self.network.load_state_dict(self.best_weights)
            return self.network
        return self._current()

    def save(self, path: Path) -> None:
        """Write everything that the next epoch depends on."""
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "epochs": [dataclasses.asdict(epoch) for epoch in self.epochs],
            "best": self.best.number if self.best else None,
            "best_weights": self.best_weights,
        }
        with atomic_write(path) as partial:
            torch.save(state, partial)

    def _resume(self, path: Path) -> None:
        state = torch.load(path, map_location=self.training.images.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.epochs = [Epoch(**epoch) for epoch in state["epochs"]]
        self.best = self.epochs[state["best"] - 1] if state["best"] else None
        self.best_weights = state["best_weights"]

    def _schedule(self) -> torch.optim.lr_scheduler.LRScheduler:
        total = self.settings.epochs * self.steps
        if self.settings.schedule == "one-cycle":
            return torch.optim.lr_scheduler.OneCycleLR(
                self.optimiser, self.settings.rate, total_steps=total, cycle_momentum=False
            )
        if self.settings.schedule == "cosine":
            return torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, total)
        return torch.optim.lr_scheduler.ConstantLR(self.optimiser, factor=1.0, total_iters=0)

    def _train_epoch(self, rng: torch.Generator) -> float:
        """One pass over the training clips; an incomplete last batch is left out."""
        self.stepped.train()
        images, labels = self.training.images, self.training.labels
        order = torch.randperm(len(labels), generator=rng).to(images.device)
        total = torch.zeros((), device=images.device)
        for step in range(self.steps):
            chosen = order[step * self.batch : (step + 1) * self.batch]
            batch = as_floats(images[chosen])
            if are_images(images):
                batch = augmentation.augment(batch, self.settings.augment, rng, self.network.mean)
            targets = functional.one_hot(labels[chosen], self.emotions).float()
            batch, targets = augmentation.mixed(batch, targets, self.settings.mixup, rng)
            with precision(images.device, mixed=self.settings.precision == "mixed"):
                scores = self.stepped(in_memory_format(batch))
                loss = functional.cross_entropy(
                    scores.float(), targets, label_smoothing=self.settings.label_smoothing
                )
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            self.schedule.step()
            if self.average:
                self.average.update_parameters(self.network)
            total += loss.detach()
        return float(total) / self.steps

    def _current(self) -> Network:
        """The network with its present weights: the running average where there is one."""
        if self.average is None:
            return self.network
        averaged = copy.deepcopy(self.average.module)
        assert isinstance(averaged, Network)
        # Batch norm's statistics belong to the present weights; those of the last
        # weights fit the average's well enough, for it follows them closely.
        averaged.load_state_dict(dict(self.network.named_buffers()), strict=False)
        return averaged

    def _validated(self, epoch: Epoch) -> Epoch:
        assert self.validation is not None
        network = self._current()
        mixed = self.settings.precision == "mixed"
        probabilities, _ = predict(network, self.validation.images, mixed=mixed)
        labels = self.validation.labels.cpu().numpy()
        right = probabilities[np.arange(len(labels)), labels]
        epoch = dataclasses.replace(
            epoch,
            validation_loss=float(-np.log(np.maximum(right, 1e-12)).mean()),
            validation_uar=uar(labels, probabilities.argmax(axis=1)),
        )
        if self.best is None or _rank(epoch) > _rank(self.best):
            self.best = epoch
            self.best_weights = {
                name: value.detach().clone() for name, value in network.state_dict().items()
            }
        return epoch


def _check(training: Clips, validation: Clips | None, settings: TrainingSettings) -> None:
    if len(training) < 2:
        raise TrainingError(f"{len(training)} training clips; a network needs at least two")
    if (validation is None) != (settings.validation == "learn"):
        raise TrainingError("validation clips are given exactly where validation is 'stop'")
    if not are_images(training.images):
        augmented = any(settings.augment.model_dump().values())
        if augmented or settings.test_views > 1:
            raise TrainingError(
                "the view's rows are no images; name a training whose augment is zero throughout "
                "and whose test_views is 1"
            )


def _rank(epoch: Epoch) -> tuple[float, float]:
    """Higher is better: UAR, then the lower loss."""
    assert epoch.validation_uar is not None and epoch.validation_loss is not None
    return epoch.validation_uar, -epoch.validation_loss


def _postfix(epoch: Epoch) -> str:
    """What stands beside the progress bar after an epoch.

    Example:
        >>> _postfix(Epoch(3, 0.001, 1.25, 1.5, 0.625))
        'loss 1.250, validation UAR 62.5'
    """
    text = f"loss {epoch.loss:.3f}"
    if epoch.validation_uar is not None:
        text += f", validation UAR {100 * epoch.validation_uar:.1f}"
    return text
