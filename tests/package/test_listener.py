"""Recordings to answers, by the steps of training."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from pipeline.core.errors import AudioError, PackageError
from pipeline.core.storage import write_json
from pipeline.package import calibration, package
from pipeline.package.listener import Listener, refuse_endless
from pipeline.views import audio
from tests.serving.conftest import RATE, tone
from tests.training import tiny


def write(path: Path, wave: npt.NDArray[Any]) -> Path:
    soundfile.write(path, wave, RATE)
    return path


@pytest.fixture(scope="module")
def listener(folder: Path) -> Listener:
    """The package, ready."""
    return Listener(package.open_package(folder))


def test_a_clip_is_judged_as_its_view_is(listener: Listener, tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.wav", tone(1.2))
    row = listener.renderer.render(clip)
    heard = listener.hear(clip)
    assert heard.odds == pytest.approx(listener.package.judge(row[None])[0])
    assert (heard.seconds, len(heard.windows)) == (1.2, 1)
    assert sum(heard.about()["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_a_long_recording_is_heard_window_by_window(listener: Listener, tmp_path: Path) -> None:
    parts = [tone(2, pitch=200), np.zeros(4 * RATE), tone(2.3, pitch=800)]
    heard = listener.hear(write(tmp_path / "long.wav", np.concatenate(parts)))
    starts = [window.start for window in heard.windows]
    assert starts == sorted(starts)
    assert all(window.end - window.start == pytest.approx(1) for window in heard.windows)
    assert heard.windows[-1].end == pytest.approx(8.3)
    assert not [start for start in starts if 2 < start < 5]  # nobody speaks there
    assert heard.odds == pytest.approx(np.mean([window.odds for window in heard.windows], axis=0))


def test_a_recording_can_be_followed_window_by_window(listener: Listener, tmp_path: Path) -> None:
    long = write(tmp_path / "long.wav", tone(12))
    *windows, heard = listener.follow(long)
    assert heard == listener.hear(long)
    assert tuple(windows) == listener.hear(long).windows
    assert len(windows) > 16


def test_a_click_is_too_short(listener: Listener, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"0\.01 s of sound are too short; record at least 0\.1 s"):
        listener.hear(write(tmp_path / "click.wav", tone(0.01)))


def test_a_broken_recording_does_not_stop_the_others(listener: Listener, tmp_path: Path) -> None:
    good = write(tmp_path / "good.wav", tone(1))
    (tmp_path / "text.wav").write_text("no sound")
    silent = write(tmp_path / "silent.wav", np.zeros(RATE))
    first, second, third = listener.hear_many([tmp_path / "text.wav", good, silent])
    assert isinstance(first, AudioError) and "text.wav: cannot be decoded" in str(first)
    assert not isinstance(second, AudioError)
    assert isinstance(third, AudioError) and "silent from beginning to end" in str(third)


def test_an_endless_recording_is_refused_by_its_header(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.wav", tone(2))
    refuse_endless(clip, longest=2.0)
    with pytest.raises(AudioError, match="2 s long, and 1 s are listened to at most; cut it"):
        refuse_endless(clip, longest=1.0)


def test_a_wave_is_prepared_as_training_prepares_it(listener: Listener, tmp_path: Path) -> None:
    clip = write(tmp_path / "quiet-ends.wav", np.concatenate([np.zeros(RATE), tone(0.8)]))
    settings = listener.renderer.settings.audio
    sound = audio.trim(audio.load(clip, settings), settings)
    assert listener.hear(clip).sounding == pytest.approx(len(sound) / RATE)


def test_validation_clips_say_how_sure_a_package_may_be(listener: Listener) -> None:
    assert listener.package.about["temperature"] > 0
    rows = np.asarray(tiny.view(tiny.clips()).array[:4])
    heat = listener.package.about["temperature"]
    alone = dataclasses.replace(listener.package, members=listener.package.members[:1])
    told = calibration.at(alone.ask(alone.members[0], rows), heat)
    assert np.allclose(alone.judge(rows), told)


def test_a_view_on_the_datasets_scale_cannot_be_served(root: Path, tmp_path: Path) -> None:
    path = root / "data/views/lab-mel/about.json"
    before = path.read_text()
    write_json(path, {"settings": {**tiny.VIEW, "scale": "dataset"}})
    with pytest.raises(PackageError, match="scale is 'dataset'"):
        package.gather("tiny", "softmax", tmp_path / "package", root)
    path.write_text(before)
