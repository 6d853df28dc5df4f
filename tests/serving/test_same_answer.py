"""One clip, and every way to predict it: the same probabilities."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.package import graphs, package
from pipeline.package.about import PackageAbout
from pipeline.package.listener import Listener
from pipeline.package.package import Runtime, load_network, open_package
from pipeline.tracking import champion
from tests.package.examples import RATE, tone
from tests.serving.processes import awaited, free_port, served
from tests.serving.test_app import enter, token
from tests.training import tiny

CLOSE = 1e-4


@pytest.fixture(scope="module")
def exported(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with its graphs, whole and with 8-bit integers."""
    made = tmp_path_factory.mktemp("exports") / "tiny"
    shutil.copytree(folder, made)
    about = PackageAbout.read(made)
    rows = np.asarray(tiny.view(tiny.clips()).array)[:, None]
    for weights in about.weights:
        network = load_network(made, about, weights)
        whole = package.graph(made, "onnx", weights)
        graphs.export(network, rows.shape[1:], "uint8", about.test_views, whole)
        graphs.quantise(whole, rows, package.graph(made, "int8", weights))
    return made


def predict(folder: Path, runtime: Runtime, clip: Path) -> list[float]:
    return list(Listener(open_package(folder, runtime)).predict(clip).probabilities)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording at another rate than the model's, with silence before it."""
    path = tmp_path_factory.mktemp("clip") / "voice.flac"
    wave = np.concatenate([np.zeros(RATE // 2), tone(1.1, pitch=300)])
    soundfile.write(path, np.stack([wave, 0.5 * wave], axis=1), 22_050, format="FLAC")
    return path


@pytest.fixture(scope="module")
def python(exported: Path, clip: Path) -> list[float]:
    """The probabilities of the networks themselves."""
    return predict(exported, "torch", clip)


def test_onnx(exported: Path, clip: Path, python: list[float]) -> None:
    assert predict(exported, "onnx", clip) == pytest.approx(python, abs=CLOSE)


def test_int8_is_near(exported: Path, clip: Path, python: list[float]) -> None:
    probabilities = predict(exported, "int8", clip)
    assert probabilities == pytest.approx(python, abs=0.1)
    assert sum(probabilities) == pytest.approx(1)


@pytest.fixture(scope="module")
def model(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as an MLflow model."""
    model = tmp_path_factory.mktemp("mlflow") / "model"
    champion.save(exported, model, tiny.EMOTIONS)
    return model


def test_pyfunc(model: Path, clip: Path, python: list[float]) -> None:
    answer = mlflow.pyfunc.load_model(str(model)).predict(
        pd.DataFrame({"audio": [clip.read_bytes()]})
    )
    assert list(answer.columns) == list(tiny.EMOTIONS)
    assert answer.iloc[0].tolist() == pytest.approx(python, abs=CLOSE)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_mlflow_models_serve(model: Path, clip: Path, python: list[float], tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model)),
            *("--env-manager", "local", "--port", str(port), "--workers", "1"),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        awaited(process, f"{url}/ping", seconds=300)
        content = base64.b64encode(clip.read_bytes()).decode()
        frame = {"columns": ["audio"], "data": [[content]]}
        answer = httpx.post(f"{url}/invocations", json={"dataframe_split": frame}, timeout=120)
        assert answer.status_code == 200, answer.text
        (row,) = answer.json()["predictions"]
        assert [row[emotion] for emotion in tiny.EMOTIONS] == pytest.approx(python, abs=CLOSE)
    finally:
        os.killpg(process.pid, 9)
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnx", "torch"])
def test_http_and_page(
    exported: Path, clip: Path, python: list[float], tmp_path: Path, engine: str
) -> None:
    with (
        served(exported, tmp_path / "served", "--engine", engine) as (url, _),
        httpx.Client(base_url=url) as client,
    ):
        files = {"file": ("voice.flac", clip.read_bytes())}
        answer = client.post("/predict", files=files).json()
        assert list(answer["probabilities"].values()) == pytest.approx(python, abs=CLOSE)
        enter(client, "/sign-up")
        sent = client.post("/recordings", data={"csrf": token(client)}, files=files)
        page = client.get(sent.json()["location"]).text
    shown = re.findall(r'<data value="([\d.e-]+)" data-emotion="(\w+)">', page)
    on_page = {emotion: float(value) for value, emotion in shown}
    assert [on_page[emotion] for emotion in tiny.EMOTIONS] == pytest.approx(python, abs=CLOSE)
