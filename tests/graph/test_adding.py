"""How many places change to add a thing: each is added in a copy of the repository, and used."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline.config.base import read_params
from tests.graph.projects import change, make_small, ser

pytestmark = pytest.mark.slow

NETWORK = '''"""The mean of each band over time, and one dense layer."""

from __future__ import annotations

from typing import Final, Literal

from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings


class BandMeansSettings(NetworkSettings):
    """Settings of the network.

    Attributes:
        width: of the embedding.
    """

    kind: Literal["band-means"]
    width: int


class BandMeans(Network):
    """Means of bands."""

    def __init__(
        self, settings: BandMeansSettings, shape: tuple[int, ...], emotions: int
    ) -> None:
        super().__init__(settings, shape, settings.width, emotions)
        self.dense = nn.Linear(shape[0] * shape[1], settings.width)

    def represent(self, rows: Tensor) -> Tensor:
        """See the base class."""
        return self.dense(rows.mean(dim=3).flatten(1)).relu()


SETTINGS: Final = BandMeansSettings
NETWORK: Final = BandMeans
'''

HEAD = '''"""Nearest mean of a class, with probabilities by distance."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from pipeline.heads.head import ArrayHead, Floats, Integers, Labels, softmax
from pipeline.heads.settings import LearnedSettings


class NearestMeanSettings(LearnedSettings):
    """Settings of the head: there are none."""

    kind: Literal["nearest-mean"]


class NearestMean(ArrayHead):
    """Nearest mean of a class."""

    def _fit(
        self,
        x: Floats,
        codes: Integers,
        validation: tuple[Floats, Integers] | None,
        groups: Labels,
    ) -> None:
        means = [x[codes == code].mean(axis=0) for code in range(len(self.classes_))]
        self.arrays_ = {"means": np.array(means)}

    def _probabilities(self, x: Floats) -> Floats:
        distances = ((x[:, None] - self.arrays_["means"][None]) ** 2).mean(axis=2)
        return softmax(-distances)


SETTINGS: Final = NearestMeanSettings
HEAD: Final = NearestMean
'''

PROTOCOL = '''"""The first speakers train, the last are tested."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd

from pipeline.splits import dealing
from pipeline.splits.settings import ProtocolSettings

LEAKS: Final = frozenset[str]()


class LastSpeakersProtocol(ProtocolSettings):
    """One fold that tests the last speakers by name.

    Attributes:
        tested: how many speakers.
    """

    kind: Literal["last-speakers"]
    tested: int


def deal(clips: pd.DataFrame, rows: pd.DataFrame, settings: LastSpeakersProtocol) -> pd.DataFrame:
    """The table of the split."""
    last = sorted(set(clips["speaker"]))[-settings.tested :]
    tested = [set(clips[clips["speaker"].isin(last)]["id"])]
    return dealing.fold_by_fold(clips, rows, tested, settings, dealing.speakers_held_out)


SETTINGS: Final = LastSpeakersProtocol
'''

METRIC = '''

@counted("worst recall")
def worst_recall(counts: Floats) -> Floats:
    """The share that is recognised of the emotion that is recognised least."""
    totals = counts.sum(axis=-1)
    recalls = np.where(totals > 0, _hits(counts) / np.maximum(totals, 1), 1.0)
    return np.asarray(recalls.min(axis=-1))
'''

CORPUS = """title: A corpus with a regular name
homepage: https://example.org/corpus
licence: CC BY 4.0
licence_url: https://creativecommons.org/licenses/by/4.0/
non_commercial: false
citation: Nobody (2024). A corpus.
description: Two speakers say one sentence in two emotions.
published: {clips: 4, speakers: 2, rate: 16000}
sources:
  by_hand: {archive: regular.zip, registration: https://example.org/form}
naming:
  pattern: '(?P<speaker>s\\d)_(?P<emotion>hap|sad)'
  labels:
    emotion: {hap: happy, sad: sad}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small repository with all that is added, and its first commit before that."""
    folder = make_small(tmp_path_factory.mktemp("adding") / "project")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "before")
    return folder


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def places(folder: Path) -> set[str]:
    """The files that differ from the last commit; commits them."""
    git(folder, "add", "-A", "src", "params.yaml", "inputs/params.yaml")
    found = set(git(folder, "diff", "--cached", "--name-only").split())
    git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "added")
    return found


def shown(folder: Path, recipe: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ser(folder, "config", "show", recipe, "--json"))
    return found


def add_recipe(folder: Path, name: str, **changes: Any) -> None:
    demo = read_params(folder / "params.yaml")["recipes"]["demo"]
    change(folder, recipes={name: {**demo, "title": name, "heads": "softmax", **changes}})


def test_a_network_is_its_module_and_an_entry(project: Path) -> None:
    (project / "src/pipeline/networks/band_means.py").write_text(NETWORK)
    mine = {"kind": "band-means", "width": 8, "dropout": 0.1, "normalise": "band"}
    change(project, networks={"mine": mine})
    add_recipe(project, "with-network", network="mine")
    assert places(project) == {"src/pipeline/networks/band_means.py", "params.yaml"}
    assert shown(project, "with-network")["network"]["width"] == 8


def test_a_head_is_its_module_and_an_entry(project: Path) -> None:
    (project / "src/pipeline/heads/nearest_mean.py").write_text(HEAD)
    change(project, heads={"mine": {"nearest": {"kind": "nearest-mean"}}})
    add_recipe(project, "with-head", heads="mine")
    assert places(project) == {"src/pipeline/heads/nearest_mean.py", "params.yaml"}
    assert shown(project, "with-head")["heads"]["nearest"] == {"kind": "nearest-mean"}


def test_a_protocol_is_its_module_and_an_entry(project: Path) -> None:
    (project / "src/pipeline/splits/protocols/last_speakers.py").write_text(PROTOCOL)
    mine = {"kind": "last-speakers", "tested": 2, "validation": 0.5, "seed": 0, "first": None}
    change(project, protocols={"mine": mine})
    add_recipe(project, "with-protocol", protocol="mine")
    module = "src/pipeline/splits/protocols/last_speakers.py"
    assert places(project) == {module, "params.yaml"}
    assert shown(project, "with-protocol")["protocol"]["tested"] == 2


def test_a_metric_is_one_function(project: Path) -> None:
    path = project / "src/pipeline/evaluation/metrics.py"
    before, after = path.read_text().split('\n\n@probabilistic("log loss"', 1)
    path.write_text(f'{before}{METRIC}\n\n@probabilistic("log loss"{after}')
    assert places(project) == {"src/pipeline/evaluation/metrics.py"}


def test_a_corpus_with_a_regular_name_is_one_file(project: Path) -> None:
    (project / "src/pipeline/corpora/known/regular.yaml").write_text(CORPUS)
    assert places(project) == {"src/pipeline/corpora/known/regular.yaml"}
    ser(project, "dataset", "add", "regular")
    incoming = project / "data/incoming"
    incoming.mkdir(parents=True)
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(incoming / "regular.zip", "w") as archive:
        for name in ("s1_hap", "s1_sad", "s2_hap", "s2_sad"):
            soundfile.write(incoming / f"{name}.wav", rng.normal(size=16_000) / 10, 16_000)
            archive.write(incoming / f"{name}.wav", f"{name}.wav")
    ser(project, "run", "index@regular")
    found = json.loads(ser(project, "dataset", "show", "regular", "--json"))
    assert (found["clips"], found["speakers"]) == (4, 2)
    assert found["by_emotion"] == {"happy": 2, "sad": 2}


def test_a_recipe_is_one_entry_and_all_of_it_works_together(project: Path) -> None:
    parts = {"network": "mine", "heads": "mine", "protocol": "mine"}
    places(project)
    add_recipe(project, "all", **parts)
    assert places(project) == {"params.yaml"}
    ser(project, "run", "all")
    found = json.loads(ser(project, "report", "show", "all", "--json"))
    nearest = next(row for row in found["rows"] if row["head"] == "nearest")
    assert 0.125 < nearest["uar"]["mean"] <= 1
    assert 0 <= nearest["worst_recall"] <= 1
