"""What the stages of training say of what they made, in ``about.json``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipeline.core.about import About, Facts
from pipeline.training.run import Run


class NetworkFacts(Facts):
    """One trained network.

    Attributes:
        fold: that tests it.
        seed: of its weights and its training.
        part: of the training clips that it leaves out; null for none.
        weights: name of its file.
        sha256: of that file.
        parameters: how many numbers it learned.
        clips: how many rows it learned from.
        epochs: that were run.
        best_epoch: whose weights were taken; null where nothing is validated, and the last
            epoch's are.
        validation_uar: at that epoch.
        validation_loss: at that epoch.
    """

    fold: int
    seed: int
    part: int | None
    weights: str
    sha256: str
    parameters: int
    clips: int
    epochs: int
    best_epoch: int | None
    validation_uar: float | None
    validation_loss: float | None

    @property
    def run(self) -> Run:
        """The network's run."""
        return Run.of(self.fold, self.seed, self.part)


class NetworksAbout(About):
    """The networks of a recipe: ``models/networks/<recipe>/about.json``.

    Attributes:
        recipe: its name.
        dataset: its dataset.
        view: its view.
        protocol: its protocol.
        emotions: the classes, in the recipe's order.
        shape: of a row of the view.
        seeds: each fold was trained once per seed.
        network: name and settings.
        training: name and settings.
        initial_weights: their name, and where they come from.
        embeddings: what heads learn from.
        inputs: hashes of the tables of the view and the split, and of what describes the
            initial weights.
        environment: what the weights depend on besides data and settings.
        networks: one for each run.
    """

    recipe: str
    dataset: str
    view: str
    protocol: str
    emotions: tuple[str, ...]
    shape: tuple[int, ...]
    seeds: tuple[int, ...]
    network: dict[str, Any]
    training: dict[str, Any]
    initial_weights: dict[str, Any]
    embeddings: dict[str, Any]
    inputs: dict[str, str]
    environment: dict[str, Any]
    networks: tuple[NetworkFacts, ...] = ()

    @property
    def main_networks(self) -> tuple[NetworkFacts, ...]:
        """The networks that leave out no part of the training clips."""
        return tuple(item for item in self.networks if item.part is None)


class EmbeddingsFacts(Facts):
    """The embeddings of one fold and seed.

    Attributes:
        fold: that tests them.
        seed: of the network.
        sha256: of the network's weights; without a network, of the view's table.
        validation_uar: of the network, where validation clips chose its epoch.
    """

    fold: int
    seed: int
    sha256: str
    validation_uar: float | None

    @property
    def run(self) -> Run:
        """The run of the network that leaves out no part."""
        return Run(self.fold, self.seed)


class EmbeddingsAbout(About):
    """The embeddings of a recipe: ``data/embeddings/<recipe>/about.json``.

    Attributes:
        recipe: its name.
        emotions: the classes, in the recipe's order.
        validated: validation clips were not learned from and may choose.
        networks: one for each fold and seed.
    """

    recipe: str
    emotions: tuple[str, ...]
    validated: bool
    networks: tuple[EmbeddingsFacts, ...]


class InitialWeightsAbout(About):
    """Weights that trainings begin from: ``models/initial_weights/<name>/about.json``.

    Attributes:
        kind: where they come from.
        files: of weights, by seed; none where all are drawn.
        speakers: whose clips they were learned from.
        layout: of a network of ImageNet's.
        recipe: that learned them.
        dataset: of that recipe.
        network: of that recipe.
        clips: how many rows they were learned from.
    """

    kind: Literal["random", "recipe", "imagenet"]
    files: dict[str, str] = Field(default_factory=dict)
    speakers: tuple[str, ...] = ()
    layout: str | None = None
    recipe: str | None = None
    dataset: str | None = None
    network: str | None = None
    clips: int | None = None

    @property
    def summary(self) -> dict[str, Any]:
        """What reports and runs say of them: counts in place of lists."""
        if not self.files:
            return {"kind": self.kind}
        facts = self.model_dump(mode="json", exclude={"files", "speakers"}, exclude_none=True)
        return {**facts, "speakers": len(self.speakers)}
