"""Images equal librosa's within one grey level."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from pipeline.config.views import SilenceSettings
from pipeline.core.errors import ViewError
from pipeline.views import audio, colour, filters
from pipeline.views.renderer import Renderer
from pipeline.views.spectrogram import PowerSpectrum, Spectrogram, hann
from tests.views import waves
from tests.views.conftest import image

GOLDEN = np.load(Path(__file__).parent / "reference" / "golden.npz")
NAMES = sorted(waves.REFERENCES)


def differ(one: np.ndarray, other: np.ndarray) -> int:
    """Grey levels between two images, at worst."""
    return int(np.abs(one.astype(int) - other).max())


def librosa_db(path: Path, hop: int = 376) -> np.ndarray:
    """The same path in librosa's own calls."""
    wave, _ = librosa.load(path, sr=16_000)
    wave, _ = librosa.effects.trim(wave, top_db=40)
    if len(wave) > 48_000:
        start = (len(wave) - 48_000) // 2
        wave = wave[start : start + 48_000]
    wave = librosa.util.pad_center(wave, size=48_000)
    mel = librosa.feature.melspectrogram(y=wave, sr=16_000, n_fft=1024, hop_length=hop)
    db: np.ndarray = librosa.power_to_db(mel, ref=np.max, top_db=80)
    return db


def to_levels(db: np.ndarray) -> np.ndarray:
    return np.rint((db + 80) * 255 / 80)


@pytest.mark.parametrize("name", NAMES)
def test_mel_is_librosas_within_one_level(name: str) -> None:
    found = Spectrogram(image("mel")).image(waves.REFERENCES[name])
    assert differ(found, GOLDEN[f"{name} mel"]) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_stft_is_librosas_within_one_level(name: str) -> None:
    found = Spectrogram(image("stft", height=513)).image(waves.REFERENCES[name])
    assert differ(found, GOLDEN[f"{name} stft"]) <= 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("inner", "call"), [(False, "trim"), (True, "split")])
def test_the_cut_falls_where_librosas_does(name: str, inner: bool, call: str) -> None:
    silence = SilenceSettings(trim_db=40.0, inner=inner, frame=2048, hop=512)
    found = audio.sounding(waves.REFERENCES[name], silence)
    np.testing.assert_array_equal(found, np.atleast_2d(GOLDEN[f"{name} {call}"]))


@pytest.mark.recordings
def test_whole_path_is_librosas_on_ravdess(ravdess: list[Path]) -> None:
    renderer = Renderer(image("mel"))
    worst = [differ(renderer.render(path), to_levels(librosa_db(path))) for path in ravdess]
    assert max(worst) <= 1


@pytest.mark.recordings
def test_whole_path_is_librosas_on_the_opus_copy_of_crema_d(crema: list[Path]) -> None:
    renderer = Renderer(image("mel"))
    worst = [differ(renderer.render(path), to_levels(librosa_db(path))) for path in crema]
    assert max(worst) <= 1


def test_row_0_is_the_lowest_frequency() -> None:
    low = np.sin(2 * np.pi * 100 * np.arange(48_000) / 16_000).astype(np.float32)
    found = Spectrogram(image("mel")).image(low)
    assert found[:8, 64].max() == 255
    assert found[64:, 64].max() == 0


def test_columns_of_padding_are_black() -> None:
    short = audio.fit(waves.voice(1, 0.5), 48_000, "pad")
    assert not Spectrogram(image("mel")).image(short)[:, 40:].any()


@pytest.mark.filterwarnings("ignore:n_fft=1024 is too large")
@pytest.mark.parametrize(("n_fft", "hop", "size"), [(512, 160, 16_000), (1024, 1024, 900)])
def test_power_is_librosas_for_other_windows(n_fft: int, hop: int, size: int) -> None:
    wave = waves.bursts(3, size)
    expected = np.abs(librosa.stft(wave, n_fft=n_fft, hop_length=hop)) ** 2
    found = PowerSpectrum(n_fft, hop)(wave)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * expected.max())


def test_power_is_the_same_on_any_number_of_threads() -> None:
    spectrum, before = PowerSpectrum(1024, 376), torch.get_num_threads()
    found = []
    for threads in (1, 2, 4):
        torch.set_num_threads(threads)
        found.append(spectrum(waves.voice(2)).tobytes())
    torch.set_num_threads(before)
    assert len(set(found)) == 1


def test_an_image_is_resized_as_torch_does_it() -> None:
    db = librosa_db_of(waves.voice(1))
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(db)[None, None], size=(64, 80), mode="bilinear", antialias=True
    )
    found = Spectrogram(image("mel", height=64, width=80)).image(waves.voice(1))
    assert differ(found, to_levels(expected[0, 0].numpy())) <= 1


def librosa_db_of(wave: np.ndarray) -> np.ndarray:
    mel = librosa.feature.melspectrogram(y=wave, sr=16_000, n_fft=1024, hop_length=376)
    db: np.ndarray = librosa.power_to_db(mel, ref=np.max, top_db=80)
    return db


def test_fmin_and_fmax_crop_the_rows_of_an_stft() -> None:
    whole = Spectrogram(image("stft", height=513)).db_image(waves.sweep())
    cropped = Spectrogram(image("stft", fmin=500.0, fmax=4000.0)).db_image(waves.sweep())
    np.testing.assert_allclose(cropped, whole[32:257], rtol=1e-6)


@pytest.mark.parametrize(("plane", "order", "reach"), [(1, 1, 5.0), (2, 2, 2.5)])
def test_delta_planes_are_librosas(plane: int, order: int, reach: float) -> None:
    found = Spectrogram(image("mel", channels="delta")).image(waves.voice(1))
    delta = librosa.feature.delta(librosa_db_of(waves.voice(1)), order=order)
    expected = np.rint(128 + np.clip(delta * 127 / reach, -127, 127))
    assert found.shape == (3, 128, 128)
    assert differ(found[plane], expected) <= 1


def test_rgb_is_the_grey_image_through_the_map() -> None:
    wave = waves.voice(1)
    grey = Spectrogram(image("mel")).image(wave)
    painted = Spectrogram(image("mel", channels="rgb", colour_map="viridis")).image(wave)
    np.testing.assert_array_equal(painted, colour.table("viridis")[:, grey])


def test_an_unknown_colour_map_is_named_with_the_nearest() -> None:
    with pytest.raises(ViewError, match=r"'virdis' is not there; did you mean 'viridis'\?"):
        Spectrogram(image("mel", channels="rgb", colour_map="virdis"))


def test_more_bands_than_frequencies_are_refused() -> None:
    with pytest.raises(ViewError, match="mel bands hold no frequency at n_fft 256"):
        Spectrogram(image("mel", n_fft=256, hop=128))


@pytest.mark.parametrize(
    ("rate", "n_fft", "bands", "fmin", "fmax"),
    [
        (16_000, 1024, 128, 0.0, 8000.0),
        (22_050, 2048, 64, 20.0, 9000.0),
        (8000, 256, 20, 300.0, 3400.0),
    ],
)
def test_mel_filters_are_librosas(
    rate: int, n_fft: int, bands: int, fmin: float, fmax: float
) -> None:
    expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands, fmin=fmin, fmax=fmax)
    np.testing.assert_allclose(filters.mel(rate, n_fft, bands, fmin, fmax), expected, rtol=1e-6)


@pytest.mark.parametrize("tuning", [0.0, -0.31, 0.49])
def test_chroma_filters_are_librosas(tuning: float) -> None:
    expected = librosa.filters.chroma(sr=16_000, n_fft=2048, tuning=tuning)
    np.testing.assert_allclose(filters.chroma(16_000, 2048, tuning), expected, rtol=1e-6)


def test_the_window_is_librosas() -> None:
    expected = librosa.filters.get_window("hann", 1024)
    np.testing.assert_allclose(hann(1024), expected, atol=1e-7)
