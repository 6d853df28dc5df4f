"""The package over HTTP."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from fastapi.testclient import TestClient

from pipeline.package.listener import Listener
from pipeline.package.package import open_package
from pipeline.serving.limits import Limits
from pipeline.serving.service import Service
from pipeline.serving.web import create
from tests.media import encode
from tests.package.examples import RATE, tone
from tests.training import tiny


def wav(wave: npt.NDArray[Any], subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format="WAV", subtype=subtype)
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("voice.wav", wav(tone(1)))
    return file.getvalue()


def long_header() -> bytes:
    """A header that says a gigabyte, before a second of sound."""
    clip = bytearray(wav(tone(1)))
    clip[4:8] = clip[40:44] = (1 << 30).to_bytes(4, "little")
    return bytes(clip)


def ten_minutes() -> bytes:
    """As FLAC, so that it is small enough to be sent."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(600 * 8000), 8000, format="FLAC")
    return file.getvalue()


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    limits = Limits(megabytes=2, seconds=30, files=3, per_minute=10_000)
    with TestClient(create(Service(folder, None, limits)), raise_server_exceptions=False) as client:
        yield client


def ask(client: TestClient, content: bytes, name: str = "voice.wav", **headers: str) -> Any:
    return client.post("/predict", files={"file": (name, content)}, headers=headers)


def test_an_upload_is_predicted_as_a_file_is(
    client: TestClient, folder: Path, tmp_path: Path
) -> None:
    clip = wav(tone(1.5))
    (tmp_path / "voice.wav").write_bytes(clip)
    prediction = Listener(open_package(folder)).predict(tmp_path / "voice.wav")
    answer = ask(client, clip)
    assert answer.status_code == 200
    assert answer.json() == prediction.as_dict()


@pytest.mark.parametrize("name", ["voice.m4a", "voice.aac", "voice.webm", "voice.mp4"])
def test_recordings_of_phones_and_browsers_are_taken(
    client: TestClient, tmp_path: Path, name: str
) -> None:
    answer = ask(client, encode(tmp_path / name, tone(1.5), RATE).read_bytes(), name)
    assert answer.status_code == 200
    assert answer.json()["seconds"] == pytest.approx(1.5, abs=0.2)


def test_a_batch_has_a_prediction_or_an_error_for_each_recording(client: TestClient) -> None:
    sent = [("files", ("a.wav", wav(tone(1)))), ("files", ("b.wav", b"no sound"))]
    first, second = client.post("/predict/batch", files=sent).json()["recordings"]
    assert (first["name"], first["error"]) == ("a.wav", None)
    assert sum(first["answer"]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert second["answer"] is None
    assert second["error"].startswith("b.wav: not a recording that can be read")


def test_a_batch_has_a_limit(client: TestClient) -> None:
    sent = [("files", (f"{number}.wav", wav(tone(1)))) for number in range(4)]
    answer = client.post("/predict/batch", files=sent)
    assert (answer.status_code, answer.json()["error"]) == (
        413,
        "4 files, and 3 are taken at once; send fewer",
    )


def test_a_long_recording_is_streamed_line_by_line(client: TestClient) -> None:
    clip = wav(tone(6))
    answer = client.post("/predict/stream", files={"file": ("long.wav", clip)})
    *windows, last = [json.loads(line) for line in answer.text.splitlines()]
    assert last == ask(client, clip).json()
    assert windows == last["windows"]
    assert len(windows) > 5


def test_what_cannot_be_streamed_is_an_error_status(client: TestClient) -> None:
    answer = client.post("/predict/stream", files={"file": ("a.wav", b"no sound")})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("a.wav: not a recording that can be read")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "voice.wav: the file is empty"),
        (b"a text", "voice.wav: not a recording that can be read"),
        (archive(), "voice.wav: not a recording that can be read"),
        (wav(tone(0.01)), "voice.wav: 0.01 s of sound are too short"),
        (wav(np.zeros(RATE)), "voice.wav: silent from beginning to end"),
        (wav(np.full(RATE, np.nan), "FLOAT"), "voice.wav: holds samples that are not finite"),
        (wav(tone(31)), "voice.wav: 31 s long, and 30 s are taken at most"),
        (ten_minutes(), "voice.wav: 600 s long, and 30 s are taken at most"),
        (long_header(), "voice.wav: its header says 1073.7 MB of sound, and 0.0 MB are there"),
    ],
    ids=["empty", "text", "zip", "click", "silence", "nan", "long", "ten-minutes", "gigabyte"],
)
def test_a_bad_recording_gets_one_clear_line(
    client: TestClient, content: bytes, words: str
) -> None:
    answer = ask(client, content)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(words)
    assert "\n" not in answer.json()["error"] and "/tmp" not in answer.json()["error"]


def test_a_small_file_that_would_fill_memory_is_refused(client: TestClient) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((655_350, 8)), 655_350, format="FLAC")
    answer = ask(client, file.getvalue())
    assert answer.status_code == 422
    assert "8 channels at 655350 Hz; up to 8 channels at 192000 Hz" in answer.json()["error"]


def test_a_recording_of_unknown_length_is_refused(client: TestClient) -> None:
    file = io.BytesIO()
    soundfile.write(file, tone(1), RATE, format="FLAC")
    content = bytearray(file.getvalue())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    assert "does not say how long it is" in ask(client, bytes(content)).json()["error"]


@pytest.mark.parametrize("charset", ["punycode", '"Idna"', "utf-16"])
def test_a_form_is_in_utf8(client: TestClient, charset: str) -> None:
    kind = {"Content-Type": f"multipart/form-data; charset={charset}; boundary=x"}
    answer = client.post("/predict", content=b"--x--", headers=kind)
    assert (answer.status_code, answer.json()["error"]) == (415, "write the form in UTF-8")
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"]


def test_a_wav_header_without_a_length_is_accepted(client: TestClient) -> None:
    clip = bytearray(wav(tone(1)))
    clip[4:8] = clip[40:44] = b"\xff" * 4
    assert ask(client, bytes(clip)).json()["seconds"] == 1


def test_a_gigabyte_that_is_announced_is_refused_unread(client: TestClient) -> None:
    headers = {"Content-Length": str(1 << 30), "Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/predict", content=b"--x", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (
        413,
        "more than 2 MB; send a shorter recording",
    )
    assert client.get("/health").status_code == 200


@pytest.mark.timeout(240)
def test_corrupted_files_are_refused_and_the_service_goes_on(client: TestClient) -> None:
    chance = random.Random(0)
    for number in range(40):
        form = ("WAV", "FLAC", "OGG")[number % 3]
        file = io.BytesIO()
        soundfile.write(file, tone(1), RATE, format=form)
        content = bytearray(file.getvalue())
        for _ in range(chance.randrange(1, 200)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        answer = ask(client, bytes(content[: chance.randrange(len(content))]))
        assert answer.status_code in (200, 422), answer.text
    assert ask(client, wav(tone(1))).status_code == 200


def test_what_is_too_large_is_refused_unread(client: TestClient) -> None:
    answer = ask(client, bytes(3_000_000))
    assert answer.status_code == 413
    assert answer.json()["error"] == "more than 2 MB; send a shorter recording"


def test_a_request_without_a_length_is_counted(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(30):
            yield bytes(100_000)

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/predict", content=pieces(), headers=kind)
    assert (answer.status_code, answer.json()["error"]) == (
        413,
        "more than 2 MB; send a shorter recording",
    )


def test_a_client_is_limited_by_the_minute(folder: Path) -> None:
    with TestClient(create(Service(folder, None, Limits(per_minute=2)))) as client:
        assert [ask(client, wav(tone(1))).status_code for _ in range(3)] == [200, 200, 429]


def test_a_name_is_no_path(client: TestClient, tmp_path: Path) -> None:
    answer = ask(client, b"no sound", name="../../etc/passwd")
    assert answer.json()["error"].startswith("passwd: not a recording that can be read")


def test_a_request_keeps_its_id(client: TestClient) -> None:
    answer = ask(client, b"", **{"X-Request-ID": "abc123"})
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == "abc123"
    assert ask(client, b"", **{"X-Request-ID": "a\\b"}).json()["request_id"] != "a\\b"


def test_a_request_without_a_file_says_what_is_missing(client: TestClient) -> None:
    answer = client.post("/predict")
    assert (answer.status_code, answer.json()["error"]) == (422, "file: Field required")


def test_an_internal_error_shows_its_id_alone(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(paths: list[Path]) -> None:
        raise RuntimeError("a secret of the machine")

    monkeypatch.setattr(Listener, "predict_many", lambda self, paths: broken(paths))
    answer = ask(client, wav(tone(1)), **{"X-Request-ID": "abc123"})
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"] == "abc123"
    assert "secret" not in answer.text
    assert 'path="/predict",status="500"' in client.get("/metrics").text


def test_health_names_the_model(client: TestClient) -> None:
    health = client.get("/health").json()
    assert (health["status"], health["model"], health["head"]) == ("ok", "tiny", "softmax")
    assert health["emotions"] == list(tiny.EMOTIONS)


def test_metrics_count_requests_and_recordings(folder: Path) -> None:
    with TestClient(create(Service(folder, None, Limits()))) as client:
        ask(client, wav(tone(1)))
        ask(client, b"no sound")
        text = client.get("/metrics").text
    assert 'ser_recordings_total{outcome="predicted"} 1.0' in text
    assert 'ser_recordings_total{outcome="refused"} 1.0' in text
    assert 'ser_requests_total{path="/predict",status="422"} 1.0' in text
    assert 'ser_request_seconds_count{path="/predict"} 2.0' in text


def test_the_interface_is_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/predict", "/predict/batch", "/predict/stream", "/health", "/metrics"}
    assert client.get("/docs").status_code == 200
