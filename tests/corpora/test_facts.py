"""What one file shows by itself, however broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.config.corpora import IndexSettings
from pipeline.corpora.index.facts import measure
from tests.conftest import Record


def test_a_sound_file_has_no_flags(record: Record, index_settings: IndexSettings) -> None:
    facts = measure(record("a.wav", seconds=0.5, rate=16_000), index_settings)
    assert (facts.seconds, facts.rate, facts.channels, facts.flags) == (0.5, 16_000, 1, ())


def test_the_hash_is_of_samples_not_of_bytes(record: Record, index_settings: IndexSettings) -> None:
    one = measure(record("a.wav", seed=3), index_settings)
    same = measure(record("a.flac", seed=3), index_settings)
    other = measure(record("b.wav", seed=4), index_settings)
    assert one.hash == same.hash != other.hash


def test_two_equal_channels_sound_like_one(record: Record, index_settings: IndexSettings) -> None:
    mono = measure(record("a.wav", seed=3), index_settings)
    stereo = measure(record("b.wav", seed=3, channels=2), index_settings)
    assert mono.hash == stereo.hash
    assert stereo.channels == 2


def test_a_zero_byte_file_is_unreadable(tmp_path: Path, index_settings: IndexSettings) -> None:
    (tmp_path / "a.wav").touch()
    facts = measure(tmp_path / "a.wav", index_settings)
    assert facts.flags == ("unreadable",)
    assert facts.error == "empty file"


def test_text_named_wav_is_unreadable(tmp_path: Path, index_settings: IndexSettings) -> None:
    (tmp_path / "a.wav").write_text("<html>not found</html>")
    facts = measure(tmp_path / "a.wav", index_settings)
    assert facts.flags == ("unreadable",)
    assert facts.error


def test_a_header_without_samples_is_unreadable(
    tmp_path: Path, index_settings: IndexSettings
) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 16_000)
    assert measure(tmp_path / "a.wav", index_settings).error == "no samples"


def test_digital_silence_is_silent(record: Record, index_settings: IndexSettings) -> None:
    assert "silent" in measure(record("a.wav", gain=0.0), index_settings).flags


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_sample_that_is_no_number_is_not_finite(
    tmp_path: Path, index_settings: IndexSettings, bad: float
) -> None:
    wave = np.full(8000, 0.1, np.float32)
    wave[7] = bad
    soundfile.write(tmp_path / "a.wav", wave, 16_000, subtype="FLOAT")
    assert measure(tmp_path / "a.wav", index_settings).flags == ("not-finite",)


def test_a_run_at_full_scale_is_clipped(tmp_path: Path, index_settings: IndexSettings) -> None:
    wave = np.clip(3 * np.sin(np.arange(8000) / 20), -1, 1)
    soundfile.write(tmp_path / "a.wav", wave, 16_000)
    assert "clipped" in measure(tmp_path / "a.wav", index_settings).flags


def test_a_short_file_is_short(record: Record, index_settings: IndexSettings) -> None:
    assert "short" in measure(record("a.wav", seconds=0.1), index_settings).flags


def test_eight_bits_are_flagged(record: Record, index_settings: IndexSettings) -> None:
    assert "depth" in measure(record("a.wav", subtype="PCM_U8"), index_settings).flags


def test_aiff_inside_wav_is_read_and_flagged(record: Record, index_settings: IndexSettings) -> None:
    facts = measure(record("a.wav", form="AIFF"), index_settings)
    assert facts.flags == ("container",)
    assert facts.seconds == 0.5
