"""Packages of recipes whose heads read a view of numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.evaluation import metrics
from pipeline.package import export, package
from pipeline.package.about import PackageAbout
from pipeline.package.listener import Listener
from tests.package import examples
from tests.training import tiny


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which a recipe without a network was run."""
    return examples.run_without_network(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of it."""
    folder = tmp_path_factory.mktemp("package") / "svm"
    package.gather("numbers", "svm", folder, root)
    return folder


def test_it_has_heads_and_no_networks(folder: Path) -> None:
    about = PackageAbout.read(folder)
    assert about.network is None
    assert about.weights == []
    assert [run.heads for run in about.runs] == [{"svm": {-1: "svm"}}] * 3


def test_each_run_predicts_as_it_was_tested(root: Path, folder: Path) -> None:
    opened = package.open_package(folder)
    data = export.open_data(opened.about, root)
    predictions = pd.read_csv(Layout(root).predictions("numbers"))
    columns = [f"p_{emotion}" for emotion in tiny.EMOTIONS]
    for run in opened.runs:
        rows = data.rows(run.about.fold, "test")
        tested = predictions[
            (predictions["fold"] == run.about.fold) & (predictions["role"] == "test")
        ].set_index("clip")
        probabilities = opened.predict_run(run, data.images(rows))
        assert np.abs(probabilities - tested.loc[rows["clip"], columns].to_numpy()).max() < 1e-5


def test_a_recording_is_rendered_normalised_and_predicted(folder: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, examples.tone(0.5, pitch=400), examples.RATE)
    prediction = Listener(package.open_package(folder)).predict(clip)
    assert prediction.emotion == tiny.EMOTIONS[1]
    assert sum(prediction.probabilities) == pytest.approx(1)


def test_its_figures_are_measured_without_graphs(root: Path, folder: Path) -> None:
    data = export.open_data(PackageAbout.read(folder), root)
    (measured,) = export.measure(data, folder, ["torch"], progress=False).values()
    predictions = pd.read_csv(Layout(root).predictions("numbers"))
    tested = predictions[predictions["role"] == "test"]
    assert measured.uar == pytest.approx(metrics.score(tested, list(tiny.EMOTIONS))["uar"])
    assert measured.largest == 0


def test_a_damaged_normalisation_is_one_line(root: Path, tmp_path: Path) -> None:
    package.gather("numbers", "svm", tmp_path / "package", root)
    (tmp_path / "package/normalisation/fold-0-seed-0.safetensors").write_bytes(b"no numbers")
    with pytest.raises(PackageError, match="make it again with: ser export"):
        package.open_package(tmp_path / "package")
