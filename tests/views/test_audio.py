"""Every kind of file becomes the same wave, or an error that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile

from pipeline.config.views import SilenceSettings
from pipeline.core.errors import AudioError
from pipeline.views import audio
from tests.views import waves
from tests.views.conftest import image, members

HUM = waves.voice(1, 1.0)
SETTINGS = image().audio


def cut(**changes: Any) -> SilenceSettings:
    return SETTINGS.silence.model_copy(update=changes)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, wave: np.ndarray = HUM, rate: int = 16_000, **options: Any) -> Path:
        if name.endswith(".opus"):
            options = {"format": "OGG", "subtype": "OPUS"}
        soundfile.write(tmp_path / name, wave, rate, **options)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.wav", {"subtype": "PCM_U8"}, 1 / 128),
        ("a.wav", {"subtype": "PCM_16"}, 1 / 32_768),
        ("a.wav", {"subtype": "PCM_24"}, 1e-6),
        ("a.wav", {"subtype": "PCM_32"}, 1e-7),
        ("a.wav", {"subtype": "FLOAT"}, 0),
        ("a.wav", {"subtype": "DOUBLE"}, 0),
        ("a.flac", {"subtype": "PCM_16"}, 1 / 32_768),
        ("aiff-inside.wav", {"format": "AIFF", "subtype": "PCM_16"}, 1 / 32_768),
    ],
)
def test_formats(save: Callable[..., Path], name: str, options: Any, tolerance: float) -> None:
    wave, rate = audio.read(save(name, **options))
    assert (rate, wave.dtype, len(wave)) == (16_000, np.dtype(np.float32), len(HUM))
    np.testing.assert_allclose(wave, HUM, atol=tolerance)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.opus", "aiff-inside.wav"])
def test_samples_are_libsndfiles_own(save: Callable[..., Path], name: str) -> None:
    path = save(name, format="AIFF" if name.startswith("aiff") else None)
    expected, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(audio.read(path)[0], expected)


def test_opus_keeps_its_length(save: Callable[..., Path]) -> None:
    wave, _ = audio.read(save("a.opus"))
    assert len(wave) == len(HUM)


def test_stereo_is_mixed_down_as_librosa_does(save: Callable[..., Path]) -> None:
    path = save("a.wav", np.stack([HUM, waves.sweep(1.0)], axis=1))
    np.testing.assert_array_equal(audio.read(path)[0], librosa.load(path, sr=None)[0])


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000, 96_000])
def test_resampling_is_librosas(save: Callable[..., Path], rate: int) -> None:
    path = save("a.wav", waves.voice(2, 0.7, rate), rate)
    wave, found = audio.read(path)
    expected, _ = librosa.load(path, sr=16_000)
    np.testing.assert_array_equal(audio.resample(wave, found, 16_000), expected)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "the file is empty; fetch it again or leave it out"),
        (b"a text, not a recording", "cannot be decoded (Format not recognised)"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "cannot be decoded"),
    ],
)
def test_files_that_are_no_recordings(tmp_path: Path, content: bytes, line: str) -> None:
    (path := tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(AudioError) as error:
        audio.read(path)
    assert str(error.value).startswith(f"{path}: {line}")
    assert "\n" not in str(error.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such file; build the dataset again"):
        audio.read(tmp_path / "none.wav")


def test_a_file_without_samples(save: Callable[..., Path]) -> None:
    with pytest.raises(AudioError, match="no samples; fetch it again or leave it out"):
        audio.read(save("a.wav", np.zeros(0, np.float32)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite(save: Callable[..., Path], bad: float) -> None:
    wave = HUM.copy()
    wave[-1] = bad
    with pytest.raises(AudioError, match="not finite; repair it or leave it out"):
        audio.read(save("a.wav", wave, subtype="FLOAT"))


@pytest.mark.parametrize("level", [0.0, 9e-6])
def test_silence_from_beginning_to_end(save: Callable[..., Path], level: float) -> None:
    path = save("a.wav", np.full(8000, level, np.float32), subtype="FLOAT")
    with pytest.raises(AudioError, match="silent from beginning to end; leave it out"):
        audio.load(path, SETTINGS)


@pytest.mark.parametrize(
    ("frame", "hop"), [(2048, 512), (1024, 256), (400, 160), (2000, 500), (64, 32), (1001, 7)]
)
def test_the_cut_is_librosas_to_the_sample(frame: int, hop: int) -> None:
    rng = np.random.default_rng(frame)
    for seed in range(60):
        wave = waves.bursts(seed, int(rng.integers(1, 12_000)))
        top_db = float(rng.uniform(3, 70))
        same: dict[str, Any] = {"top_db": top_db, "frame_length": frame, "hop_length": hop}
        silence = cut(trim_db=top_db, frame=frame, hop=hop)
        ends = audio.sounding(wave, silence)
        parts = audio.sounding(wave, silence.model_copy(update={"inner": True}))
        np.testing.assert_array_equal(ends[0], librosa.effects.trim(wave, **same)[1])
        np.testing.assert_array_equal(parts, librosa.effects.split(wave, **same))


def test_a_frame_exactly_at_the_threshold_is_cut_as_librosa_cuts_it() -> None:
    for seed in range(40):
        wave = waves.bursts(seed, 9000)
        levels = librosa.feature.rms(y=wave)[0]
        below = -librosa.amplitude_to_db(levels, ref=np.max, top_db=None)
        for top_db in below[below > 0].astype(float):
            found = audio.sounding(wave, cut(trim_db=float(top_db), inner=True))
            np.testing.assert_array_equal(found, librosa.effects.split(wave, top_db=top_db))


@pytest.mark.recordings
def test_the_cut_is_librosas_on_recordings(mirror: Path, tmp_path: Path) -> None:
    paths = members(mirror / "ravdess.zip", tmp_path, ".flac", 40)
    paths += members(mirror / "crema-d.zip", tmp_path, ".opus", 40)
    for path in paths:
        wave = audio.load(path, SETTINGS)
        expected = librosa.effects.trim(wave, top_db=40)[1]
        np.testing.assert_array_equal(audio.sounding(wave, SETTINGS.silence)[0], expected)


def test_nothing_is_cut_without_a_threshold() -> None:
    np.testing.assert_array_equal(audio.cut_silence(HUM, cut(trim_db=None)), HUM)


def test_inner_pauses_are_closed_up() -> None:
    phrases = waves.voice(1, 3.0)
    found = audio.cut_silence(phrases, cut(inner=True))
    parts = [phrases[start:end] for start, end in librosa.effects.split(phrases, top_db=40)]
    assert len(parts) == 2
    np.testing.assert_array_equal(found, np.concatenate(parts))


@pytest.mark.parametrize(("size", "first"), [(4, 1), (3, 1), (2, 2)])
def test_centre_crops_as_much_at_either_end(size: int, first: int) -> None:
    wave = np.arange(1, 5, dtype=np.float32)
    np.testing.assert_array_equal(audio.fit(wave, size, "centre"), wave[first - 1 :][:size])


def test_centre_pads_as_librosa_does() -> None:
    expected = librosa.util.pad_center(HUM, size=20_001)
    np.testing.assert_array_equal(audio.fit(HUM, 20_001, "centre"), expected)


@pytest.mark.parametrize("how", ["repeat", "pad"])
def test_repeat_and_pad_crop_at_the_end(how: Any) -> None:
    np.testing.assert_array_equal(audio.fit(HUM, 100, how), HUM[:100])


def test_normalising_to_an_rms() -> None:
    found = audio.normalise(HUM, "rms", -20.0)
    assert np.sqrt(np.mean(found.astype(float) ** 2)) == pytest.approx(0.1, rel=1e-5)
