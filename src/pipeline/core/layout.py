"""Where everything lies: every path of data, models and reports, once.

All paths count from the repository's root. ``Layout()`` is the repository that the
program was started in; tests make one of a folder of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of a repository.

    Attributes:
        root: of the repository.

    Example:
        >>> Layout().networks("demo").as_posix()
        'models/networks/demo'
        >>> Layout(Path("/lab")).split("demo").as_posix()
        '/lab/data/splits/demo/split.csv'
    """

    root: Path = Path()

    @property
    def incoming(self) -> Path:
        """Archives as they were downloaded, or as a person put them there."""
        return self.root / "data/incoming"

    def corpus(self, corpus: str) -> Path:
        """The recordings of a corpus; of several corpora, a folder each."""
        return self.root / "data/corpora" / corpus

    def index(self, dataset: str) -> Path:
        """The folder of a dataset's index: its clips, its summary, its card."""
        return self.root / "data/index" / dataset

    def clips(self, dataset: str) -> Path:
        """The table of a dataset's clips."""
        return self.index(dataset) / "clips.csv"

    def view(self, view: str) -> Path:
        """The folder of a packed view."""
        return self.root / "data/views" / view

    def split_folder(self, recipe: str) -> Path:
        """The folder of a recipe's split: the table and what it says in numbers."""
        return self.root / "data/splits" / recipe

    def split(self, recipe: str) -> Path:
        """The table of who trains and who is tested."""
        return self.split_folder(recipe) / "split.csv"

    def split_summary(self, recipe: str) -> Path:
        """The split in numbers, with its leaks."""
        return self.split_folder(recipe) / "summary.json"

    def initial_weights(self, name: str) -> Path:
        """The folder of weights that trainings begin from."""
        return self.root / "models/initial_weights" / name

    def networks(self, recipe: str) -> Path:
        """The folder of a recipe's trained networks, with their curves."""
        return self.root / "models/networks" / recipe

    def embeddings(self, recipe: str) -> Path:
        """The folder of a recipe's embedding tables."""
        return self.root / "data/embeddings" / recipe

    def network_facts(self, recipe: str) -> Path:
        """What is known of a recipe's networks, and their curves, beside their embeddings."""
        return self.embeddings(recipe) / "networks"

    def heads(self, recipe: str) -> Path:
        """The folder of a recipe's fitted heads."""
        return self.root / "models/heads" / recipe

    def predictions(self, recipe: str) -> Path:
        """The table of what each head predicts for validation and test clips."""
        return self.root / "data/predictions" / f"{recipe}.csv"

    def checkpoints(self, recipe: str) -> Path:
        """The folder where an unfinished training goes on from; no stage's output."""
        return self.root / "checkpoints/networks" / recipe

    def shards(self, view: str) -> Path:
        """The folder where the parts of an unfinished view wait; no stage's output."""
        return self.root / "checkpoints/views" / view

    def training_seconds(self, recipe: str) -> Path:
        """Notes of how long an unfinished training has taken so far."""
        return self.root / "checkpoints/seconds" / f"{recipe}.json"

    @property
    def reports(self) -> Path:
        """The folder of all reports."""
        return self.root / "reports"

    @property
    def recipe_reports(self) -> Path:
        """The folder with a report of each recipe."""
        return self.reports / "recipes"

    def report(self, recipe: str) -> Path:
        """The folder of a recipe's report and figures."""
        return self.recipe_reports / recipe

    def card(self, dataset: str) -> Path:
        """The folder of a dataset's card, as it is kept in git."""
        return self.reports / "datasets" / dataset

    @property
    def code(self) -> Path:
        """The folder of what each stage's code does, as hashes."""
        return self.root / "sources"

    @property
    def exports(self) -> Path:
        """The folder of exported recipes."""
        return self.root / "exports"
