"""The one training loop.

A training reads rows of a view, labels and settings, and nothing else; every chance in an
epoch comes from the seed and the epoch's number, so a training that was killed goes on
from its last checkpoint to the weights it would have reached undisturbed.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import recall_score
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from pipeline.config.trainings import TrainingSettings
from pipeline.core.errors import TrainingError
from pipeline.core.machine import device, keep_memory, reproducible
from pipeline.core.storage import atomic_write
from pipeline.networks import registry
from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings
from pipeline.training import augmentation

JUDGED: Final = 256
"""Clips judged at once; nothing but memory depends on it."""

SAVED_EVERY: Final = 15.0
"""Seconds between checkpoints: what a kill can cost."""

VIEWS: Final = ((0.0, 1.0), (0.06, 1.0), (-0.06, 1.0), (0.0, 1.08), (0.0, 0.92))
SPREAD: Final = 0.03
"""Shift and tempo of the first test-time views, and the further ones' step in shift."""


@dataclass(frozen=True, slots=True)
class Clips:
    """Rows of a view with their labels.

    Attributes:
        images: clips x channels x height x width, as bytes; or rows that are no images,
            clips x 1 x numbers and perhaps x frames, as floats.
        labels: each clip's emotion, as its place in the recipe's list.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> Clips:
        """The same on a device."""
        return Clips(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to; validation figures are null where nothing is kept apart."""

    number: int
    rate: float
    loss: float
    validation_loss: float | None
    validation_uar: float | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained network.

    Attributes:
        network: with the weights that were kept.
        epochs: all that were run, in order.
        best: the one whose weights were kept, where validation chose it.
    """

    network: Network
    epochs: tuple[Epoch, ...]
    best: Epoch | None


def clips(array: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> Clips:
    """Rows of a packed view as a training takes them.

    Example:
        >>> clips(np.zeros((2, 64, 48), np.uint8), np.array([0, 1])).images.shape
        torch.Size([2, 1, 64, 48])
        >>> clips(np.zeros((2, 180), np.float32), np.array([0, 1])).images.shape
        torch.Size([2, 1, 180])
    """
    images = torch.from_numpy(np.ascontiguousarray(array))
    images = images.view(-1, *registry.row(images.shape[1:]))
    return Clips(images, torch.from_numpy(labels.astype(np.int64)))


def fit(
    training: Clips,
    validation: Clips | None,
    network: NetworkSettings,
    settings: TrainingSettings,
    *,
    emotions: int,
    seed: int,
    start: Mapping[str, Tensor] | None = None,
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
        seed: of the weights and of every chance.
        start: weights to begin from, by the network's names; null to draw them all.
        checkpoint: file to go on from, written now and then, removed by nobody here.
        on_epoch: told of each epoch as it ends, earlier ones of a resumed training too.
        label: what the progress bar is called.
        progress: show it.

    Raises:
        TrainingError: there are too few clips, the settings do not suit them, or the loss
            is no number any more.
        NetworkError: the network does not fit the view or the starting weights.
    """
    _check(training, validation, settings)
    place = device()
    keep_memory()
    with reproducible(seed):
        run = _Run(training.to(place), validation and validation.to(place), network, settings, seed)
        run.start(emotions, start, checkpoint)
        for epoch in run.epochs:
            on_epoch(epoch)
        saved = time.monotonic()
        with tqdm(
            total=settings.epochs, initial=len(run.epochs), desc=label, unit="epoch",
            disable=not progress,
        ) as bar:  # fmt: skip
            while not run.over():
                on_epoch(epoch := run.epoch())
                bar.set_postfix_str(_words(epoch))
                bar.update()
                if checkpoint and (run.over() or time.monotonic() - saved > SAVED_EVERY):
                    run.save(checkpoint)
                    saved = time.monotonic()
        return Fitted(run.kept(), tuple(run.epochs), run.best)


def judge(
    network: Network, images: Tensor, *, views: int = 1, mixed: bool = False
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Probabilities and embeddings of images, over a few views of each where asked.

    Returns:
        clips x emotions, and clips x the embedding's width.
    """
    network.eval()
    place = next(network.parameters()).device
    parts: list[tuple[Tensor, Tensor]] = []
    with torch.inference_mode(), _precision(place, mixed):
        for start in range(0, len(images), JUDGED):
            batch = _floats(images[start : start + JUDGED].to(place))
            seen = [_embedded(network, look(batch, view)) for view in range(views)]
            odds = torch.stack([odd for odd, _ in seen]).mean(dim=0)
            parts.append((odds, torch.stack([vector for _, vector in seen]).mean(dim=0)))
    return (
        torch.cat([odds for odds, _ in parts]).cpu().numpy(),
        torch.cat([vector for _, vector in parts]).cpu().numpy(),
    )


def look(images: Tensor, view: int) -> Tensor:
    """A clip's test-time view by number; the first is the clip as it is."""
    if view == 0:
        return images
    further = view - len(VIEWS) + 1
    side = 1 if further % 2 else -1
    shift, tempo = VIEWS[view] if view < len(VIEWS) else (side * SPREAD * (1 + further // 2), 1.0)
    one, none = torch.ones(len(images)), torch.zeros(len(images))
    return augmentation.resampled(images, (tempo * one, 2 * shift + none), (one, none))


def statistics(images: Tensor, *, by_band: bool) -> tuple[Tensor, Tensor]:
    """Mean and deviation of training rows, of images in 0..1.

    Bytes are summed as whole numbers: the same on any device, in any order.

    Args:
        images: clips x channels x bands, and x frames where there are any.
        by_band: of each band of each channel; otherwise of each channel.

    Returns:
        Both of channels x bands, or channels x 1.
    """
    axes = (0, *range(3 if by_band else 2, images.dim()))
    exact = torch.int64 if _pictures(images) else torch.float64
    total = square = torch.zeros((), dtype=exact)
    for some in torch.split(images.cpu(), JUDGED):
        numbers = some.to(exact)
        total = total + numbers.sum(dim=axes)
        square = square + numbers.square().sum(dim=axes)
    count = images.numel() // total.numel()
    mean = total.double() / count
    deviation = (square.double() / count - mean.square()).clamp_min(0).sqrt()
    scale = 255 if _pictures(images) else 1
    mean, deviation = mean / scale, (deviation / scale).clamp_min(1e-3)
    shape = (images.shape[1], -1)
    return mean.view(shape).float(), deviation.view(shape).float()


def uar(predicted: npt.NDArray[Any], labels: npt.NDArray[Any]) -> float:
    """Unweighted average recall."""
    return float(recall_score(labels, predicted, average="macro", zero_division=0))


class _Run:
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
        self, emotions: int, start: Mapping[str, Tensor] | None, checkpoint: Path | None
    ) -> None:
        """Draw fresh weights, bring some along, or take up a checkpoint."""
        settings = self.settings
        self.emotions = emotions
        images = self.training.images
        self.network = registry.make(self.choice, tuple(images.shape[1:]), emotions)
        self.network.normalise_by(*statistics(images, by_band=self.network.by_band))
        self.brought = frozenset(self.network.begin_from(start) if start else ())
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
            self._take_up(checkpoint)

    def over(self) -> bool:
        """Whether the last epoch is done, or patience is at its end."""
        done = len(self.epochs)
        if done >= self.settings.epochs:
            return True
        patience = self.settings.patience
        return patience is not None and self.best is not None and (
            done - self.best.number >= patience
        )  # fmt: skip

    def epoch(self) -> Epoch:
        """Run one epoch and judge the validation clips."""
        number = len(self.epochs) + 1
        drawn, dropped = np.random.SeedSequence([self.seed, number]).generate_state(2)
        rng = torch.Generator().manual_seed(int(drawn))
        torch.manual_seed(int(dropped))
        rate = float(self.optimiser.param_groups[0]["lr"])
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(number > self.settings.frozen or name not in self.brought)
        loss = self._learn(rng)
        if not np.isfinite(loss):
            raise TrainingError(f"the loss of epoch {number} is {loss}; lower the training's rate")
        epoch = Epoch(number, rate, loss, None, None)
        if self.validation is not None:
            epoch = self._judged(epoch)
        self.epochs.append(epoch)
        return epoch

    def kept(self) -> Network:
        """The network with the weights that count."""
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

    def _take_up(self, path: Path) -> None:
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

    def _learn(self, rng: torch.Generator) -> float:
        """One pass over the training clips; an incomplete last batch waits for another epoch."""
        self.stepped.train()
        images, labels = self.training.images, self.training.labels
        order = torch.randperm(len(labels), generator=rng).to(images.device)
        total = torch.zeros((), device=images.device)
        for step in range(self.steps):
            chosen = order[step * self.batch : (step + 1) * self.batch]
            seen = _floats(images[chosen])
            if _pictures(images):
                seen = augmentation.augment(seen, self.settings.augment, rng, self.network.mean)
            wanted = functional.one_hot(labels[chosen], self.emotions).float()
            seen, wanted = augmentation.mixed(seen, wanted, self.settings.mixup, rng)
            with _precision(images.device, self.settings.precision == "mixed"):
                scores = self.stepped(_laid_out(seen))
                loss = functional.cross_entropy(
                    scores.float(), wanted, label_smoothing=self.settings.label_smoothing
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
        """The network as it would be kept now: the running average where there is one."""
        if self.average is None:
            return self.network
        averaged = copy.deepcopy(self.average.module)
        assert isinstance(averaged, Network)
        # Batch norm's statistics belong to the weights of the moment; those of the last
        # weights fit the average's well enough, for it follows them closely.
        averaged.load_state_dict(dict(self.network.named_buffers()), strict=False)
        return averaged

    def _judged(self, epoch: Epoch) -> Epoch:
        assert self.validation is not None
        network = self._current()
        odds, _ = judge(network, self.validation.images, mixed=self.settings.precision == "mixed")
        labels = self.validation.labels.cpu().numpy()
        right = odds[np.arange(len(labels)), labels]
        epoch = dataclasses.replace(
            epoch,
            validation_loss=float(-np.log(np.maximum(right, 1e-12)).mean()),
            validation_uar=uar(odds.argmax(axis=1), labels),
        )
        if self.best is None or _merit(epoch) > _merit(self.best):
            self.best = epoch
            self.best_weights = {
                name: value.detach().clone() for name, value in network.state_dict().items()
            }
        return epoch


def _check(training: Clips, validation: Clips | None, settings: TrainingSettings) -> None:
    if len(training) < 2:
        raise TrainingError(f"{len(training)} training clips; a network needs at least two")
    if (validation is None) != (settings.validation == "learn"):
        raise TrainingError("validation clips are kept apart exactly where validation is 'stop'")

    if not _pictures(training.images):
        moved = any(settings.augment.model_dump().values())
        if moved or settings.test_views > 1:
            raise TrainingError(
                "the view's rows are no images; take a training whose augment is zero throughout "
                "and whose test_views is 1"
            )


def _merit(epoch: Epoch) -> tuple[float, float]:
    """Higher is better: UAR, then the lower loss."""
    assert epoch.validation_uar is not None and epoch.validation_loss is not None
    return epoch.validation_uar, -epoch.validation_loss


def _floats(images: Tensor) -> Tensor:
    return images.float() / 255 if images.dtype == torch.uint8 else images


def _pictures(images: Tensor) -> bool:
    """Whether rows are images, which can be shifted, masked and stretched."""
    return images.dtype == torch.uint8


def _laid_out(rows: Tensor) -> Tensor:
    """In memory as convolutions like it best."""
    if rows.dim() == 4:
        return rows.contiguous(memory_format=torch.channels_last)
    return rows


def _embedded(network: Network, images: Tensor) -> tuple[Tensor, Tensor]:
    vector = network.embed(_laid_out(images))
    return network.classify(vector).float().softmax(dim=1), vector.float()


def _precision(place: torch.device, mixed: bool) -> Any:
    if mixed and place.type == "cuda":
        return torch.autocast("cuda", torch.bfloat16)
    return nullcontext()


def _words(epoch: Epoch) -> str:
    """What the progress bar says of an epoch.

    Example:
        >>> _words(Epoch(3, 0.001, 1.25, 1.5, 0.625))
        'loss 1.250, validation UAR 62.5'
    """
    said = f"loss {epoch.loss:.3f}"
    if epoch.validation_uar is not None:
        said += f", validation UAR {100 * epoch.validation_uar:.1f}"
    return said
