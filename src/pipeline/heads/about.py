"""What the stage of heads says of what it fitted, in ``about.json``."""

from __future__ import annotations

from typing import Any

from pipeline.core.about import About, Facts


class TrialFacts(Facts):
    """Settings that validation chose from.

    Attributes:
        settings: of a head.
        validation_uar: that they reached.
        validation_log_loss: that they reached.
    """

    settings: dict[str, Any]
    validation_uar: float
    validation_log_loss: float


class HeadFacts(Facts):
    """One fitted head.

    Attributes:
        head: its name.
        fold: that tests it.
        seed: of the network.
        files: that hold it; none for a softmax, its members' for a vote.
        sha256: of the files; of a head without any, of what its probabilities come from.
        network_weights: hash of the network's weights; without a network, of the view's table.
        settings: that were used, the chosen ones among them.
        fitted: what fitting found that no setting says, part by part.
        validation_uar: on the validation clips, where there are any.
        trials: what validation chose from; none where nothing was chosen.
    """

    head: str
    fold: int
    seed: int
    files: tuple[str, ...]
    sha256: str
    network_weights: str
    settings: dict[str, Any]
    fitted: tuple[dict[str, int | float], ...]
    validation_uar: float | None
    trials: tuple[TrialFacts, ...]


class HeadsAbout(About):
    """The heads of a recipe: ``models/heads/<recipe>/about.json``.

    Attributes:
        recipe: its name.
        emotions: the classes, in the recipe's order.
        library_versions: of what heads depend on.
        heads: one for each head, fold and seed.
    """

    recipe: str
    emotions: tuple[str, ...]
    library_versions: dict[str, str]
    heads: tuple[HeadFacts, ...]
