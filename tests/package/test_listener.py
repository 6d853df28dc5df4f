"""From recordings to probabilities, by the steps of training."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from pipeline.core.errors import AudioError, PackageError
from pipeline.core.layout import Layout
from pipeline.package import calibration, package
from pipeline.package.listener import Listener, check_length
from pipeline.views import audio
from tests.media import encode
from tests.package.examples import RATE, tone
from tests.training import tiny


def write(path: Path, wave: npt.NDArray[Any]) -> Path:
    soundfile.write(path, wave, RATE)
    return path


@pytest.fixture(scope="module")
def listener(folder: Path) -> Listener:
    """The package, ready."""
    return Listener(package.open_package(folder))


def test_a_clip_is_predicted_as_its_view_is(listener: Listener, tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.wav", tone(1.2))
    row = listener.renderer.render(clip)
    prediction = listener.predict(clip)
    expected = listener.package.predict_proba(row[None])[0]
    assert prediction.probabilities == pytest.approx(expected)
    assert (prediction.seconds, len(prediction.windows)) == (1.2, 1)
    assert sum(prediction.as_dict()["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_a_long_recording_is_predicted_window_by_window(listener: Listener, tmp_path: Path) -> None:
    parts = [tone(2, pitch=200), np.zeros(4 * RATE), tone(2.3, pitch=800)]
    prediction = listener.predict(write(tmp_path / "long.wav", np.concatenate(parts)))
    starts = [window.start for window in prediction.windows]
    assert starts == sorted(starts)
    assert all(window.end - window.start == pytest.approx(1) for window in prediction.windows)
    assert prediction.windows[-1].end == pytest.approx(8.3)
    assert not [start for start in starts if 2 < start < 5]  # that is silent
    mean = np.mean([window.probabilities for window in prediction.windows], axis=0)
    assert prediction.probabilities == pytest.approx(mean)


def test_a_recording_can_be_streamed_window_by_window(listener: Listener, tmp_path: Path) -> None:
    long = write(tmp_path / "long.wav", tone(12))
    *windows, prediction = listener.stream(long)
    assert prediction == listener.predict(long)
    assert tuple(windows) == prediction.windows
    assert len(windows) > 16


def test_a_click_is_too_short(listener: Listener, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"0\.01 s of sound are too short; record at least 0\.1 s"):
        listener.predict(write(tmp_path / "click.wav", tone(0.01)))


def test_a_broken_recording_does_not_stop_the_others(listener: Listener, tmp_path: Path) -> None:
    good = write(tmp_path / "good.wav", tone(1))
    (tmp_path / "text.wav").write_text("no sound")
    silent = write(tmp_path / "silent.wav", np.zeros(RATE))
    first, second, third = listener.predict_many([tmp_path / "text.wav", good, silent])
    assert isinstance(first, AudioError) and "text.wav: not a recording that can be read" in str(
        first
    )
    assert not isinstance(second, AudioError)
    assert isinstance(third, AudioError) and "silent from beginning to end" in str(third)


def test_an_endless_recording_is_refused_by_its_header(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.wav", tone(2))
    check_length(clip, longest=2.0)
    with pytest.raises(AudioError, match="2 s long, and 1 s are taken at most; cut it"):
        check_length(clip, longest=1.0)


def test_a_wave_is_prepared_as_training_prepares_it(listener: Listener, tmp_path: Path) -> None:
    clip = write(tmp_path / "quiet-ends.wav", np.concatenate([np.zeros(RATE), tone(0.8)]))
    settings = listener.renderer.settings.audio
    sound = audio.trim(audio.load(clip, settings), settings)
    assert listener.predict(clip).sounding == pytest.approx(len(sound) / RATE)


def test_a_package_is_calibrated_on_validation_clips(listener: Listener) -> None:
    temperature = listener.package.about.temperature
    assert temperature is not None and temperature > 0
    rows = np.asarray(tiny.view(tiny.clips()).array[:4])
    alone = dataclasses.replace(listener.package, runs=listener.package.runs[:1])
    expected = calibration.calibrate(alone.predict_run(alone.runs[0], rows), temperature)
    assert np.allclose(alone.predict_proba(rows), expected)


def test_a_view_on_the_datasets_scale_cannot_be_served(root: Path, tmp_path: Path) -> None:
    path = Layout(root).view("lab-mel") / "about.json"
    before = path.read_text()
    path.write_text(before.replace('"scale": "clip"', '"scale": "dataset"'))
    with pytest.raises(PackageError, match="scale is 'dataset'"):
        package.gather("tiny", "softmax", tmp_path / "package", root)
    path.write_text(before)


@pytest.mark.parametrize("name", ["voice.m4a", "voice.webm"])
def test_what_phones_and_browsers_record_is_predicted(
    listener: Listener, tmp_path: Path, name: str
) -> None:
    prediction = listener.predict(encode(tmp_path / name, tone(1.5), RATE))
    assert prediction.seconds == pytest.approx(1.5, abs=0.2)


def test_a_long_recording_of_a_phone_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    path = encode(tmp_path / "voice.m4a", tone(5), RATE)
    with pytest.raises(AudioError, match=r"s long, and 2 s are taken at most; cut it"):
        check_length(path, longest=2)
    check_length(path, longest=6)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file; check its name and folder"),
        (b"", "the file is empty; record it again, or export it again"),
        (b"Dear diary", "not a recording that can be read; save it as WAV"),
        (b"\0\0\0\x1cftypM4A ", r"not a recording that can be read \(.+\); save it as WAV"),
    ],
)
def test_what_is_wrong_is_said_to_the_person_who_predicts(
    listener: Listener, tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "voice.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioError, match=rf"voice\.txt: {words}") as error:
        listener.predict(path)
    assert "leave it out" not in str(error.value)
