"""Recordings of phones and browsers, which libsndfile does not read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.config.corpora import IndexSettings
from pipeline.core.errors import AudioError
from pipeline.corpora import media
from pipeline.corpora.index.facts import measure
from pipeline.views import audio
from tests.media import CODECS, encode

RATE = 48_000
TONE = (0.3 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)).astype(np.float32)
DELAY = 3000
"""Samples that a codec may add before and after the sound."""


def alike(decoded: np.ndarray, wave: np.ndarray) -> float:
    """The correlation of two waves where one is shifted against the other as fits best."""
    size = len(wave) - 2 * DELAY
    middle = wave[DELAY : DELAY + size]
    shifts = (decoded[start : start + size] for start in range(0, 2 * DELAY, 24))
    return max(float(np.corrcoef(item, middle)[0, 1]) for item in shifts if len(item) == size)


@pytest.mark.parametrize("suffix", CODECS)
@pytest.mark.parametrize("channels", [1, 2])
def test_its_wave_is_what_was_recorded(tmp_path: Path, suffix: str, channels: int) -> None:
    wave, rate = audio.read(encode(tmp_path / f"voice{suffix}", TONE, channels=channels))
    assert (rate, wave.dtype, wave.ndim) == (RATE, np.dtype(np.float32), 1)
    assert len(TONE) <= len(wave) <= len(TONE) + DELAY
    assert alike(wave, TONE) > 0.99
    assert wave[DELAY:-DELAY].std() == pytest.approx(TONE.std(), rel=0.06)


def test_what_a_file_is_does_not_depend_on_its_name(tmp_path: Path) -> None:
    encode(tmp_path / "voice.m4a", TONE).rename(tmp_path / "recording")
    assert len(audio.read(tmp_path / "recording")[0]) >= len(TONE)


@pytest.mark.parametrize("suffix", [".m4a", ".mp4", ".aac", ".webm"])
def test_the_index_says_what_it_is(
    tmp_path: Path, suffix: str, index_settings: IndexSettings
) -> None:
    path = encode(tmp_path / f"voice{suffix}", TONE, channels=2)
    facts = measure(path, index_settings)
    assert (facts.rate, facts.channels, facts.flags) == (RATE, 2, ())
    assert facts.depth == ("OPUS" if suffix == ".webm" else "AAC")
    assert facts.seconds == pytest.approx(1.0, abs=0.1)
    assert facts.hash == measure(path, index_settings).hash


def test_the_index_flags_a_format_that_its_name_does_not_say(
    tmp_path: Path, index_settings: IndexSettings
) -> None:
    path = encode(tmp_path / "voice.webm", TONE).rename(tmp_path / "voice.m4a")
    assert measure(path, index_settings).flags == ("container",)


@pytest.mark.parametrize("suffix", [".m4a", ".webm"])
def test_a_file_without_its_end_or_its_index_is_refused(tmp_path: Path, suffix: str) -> None:
    path = encode(tmp_path / f"voice{suffix}", TONE)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(AudioError, match=r"cannot be decoded \(.+\); fetch it again") as error:
        audio.read(path)
    assert "\n" not in str(error.value)


def test_a_file_of_which_the_end_is_missing_is_refused(tmp_path: Path) -> None:
    import av

    path = encode(tmp_path / "voice.m4a", np.tile(TONE, 5), movflags="faststart")
    with av.open(str(path)) as file:
        packet = [packet for packet in file.demux() if packet.size][150]
    path.write_bytes(path.read_bytes()[: packet.pos])
    with pytest.raises(AudioError, match=r"cut short: 5\.0 s by its header, 3\.\d s are there"):
        audio.read(path)


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    import av

    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        file.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(AudioError, match="there is no sound in it"):
        audio.read(path)


@pytest.mark.parametrize("playlist", ["#EXTM3U\n#EXTINF:1,\n{}\n", "ffconcat version 1.0\nfile {}"])
def test_a_playlist_is_no_recording(tmp_path: Path, playlist: str) -> None:
    voice = encode(tmp_path / "voice.m4a", TONE)
    (tmp_path / "list.m4a").write_text(playlist.format(voice.name))
    with pytest.raises(AudioError, match="cannot be decoded"):
        audio.read(tmp_path / "list.m4a")


def test_its_length_is_counted_and_counting_ends(tmp_path: Path) -> None:
    path = encode(tmp_path / "voice.webm", np.tile(TONE, 8))
    sound, seconds = media.measure(path, longest=60)
    assert (sound.form, sound.codec, sound.channels) == ("WEBM", "OPUS", 1)
    assert seconds == pytest.approx(8, abs=0.1)
    assert 2 < media.measure(path, longest=2)[1] < 4


def test_more_than_memory_is_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MOST", RATE)
    path = encode(tmp_path / "voice.aac", np.tile(TONE, 2))
    with pytest.raises(media.MediaError, match="longer than an hour and a half"):
        media.read(path)
