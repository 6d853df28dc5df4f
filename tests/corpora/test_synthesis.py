"""The synthetic corpus: the same bytes for a seed, and emotions that differ and can be learned."""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.fft import dct, rfft
from scipy.signal import spectrogram
from sklearn.metrics import recall_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pipeline.core.emotions import EMOTIONS
from pipeline.core.errors import CorpusError
from pipeline.corpora.demo.synthesis import (
    FRAME,
    RATE,
    clip_name,
    layout,
    melody,
    render_clip,
    synthesize,
    tract,
)
from pipeline.corpora.demo.synthesis_style import (
    EXPRESSIONS,
    REST,
    STATEMENTS,
    Style,
    draw_speaker,
    stream,
)

CLIPS_OF_A_SPEAKER = 60

Rows = NDArray[np.int64]
Folds = Iterator[tuple[Rows, Rows]]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def read(path: Path) -> NDArray[np.float64]:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


@pytest.fixture(scope="module")
def duo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers, written by one worker."""
    folder = tmp_path_factory.mktemp("duo")
    assert synthesize(folder, speakers=2, seed=5, workers=1, progress=False) == 120
    return folder


@pytest.fixture(scope="module")
def choir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole demo corpus, written by two workers."""
    folder = tmp_path_factory.mktemp("choir")
    assert synthesize(folder, speakers=16, seed=0, workers=2, progress=False) == 960
    return folder


def test_bytes_do_not_depend_on_the_number_of_workers(duo: Path, tmp_path: Path) -> None:
    synthesize(tmp_path, speakers=2, seed=5, workers=2, progress=False)
    assert contents(tmp_path) == contents(duo)


def test_speakers_stay_the_same_when_there_are_fewer(duo: Path, tmp_path: Path) -> None:
    assert synthesize(tmp_path, speakers=1, seed=5, workers=1, progress=False) == CLIPS_OF_A_SPEAKER
    assert contents(tmp_path).items() < contents(duo).items()


def test_another_seed_gives_another_voice() -> None:
    clips = [
        render_clip(draw_speaker(1, seed), "happy", "normal", 1, 1, seed).tobytes()
        for seed in (5, 6)
    ]
    assert clips[0] != clips[1]


def test_every_cell_of_the_grid_sounds_different(duo: Path) -> None:
    assert len(set(contents(duo).values())) == 2 * CLIPS_OF_A_SPEAKER


def test_grid_is_complete_and_named_as_in_ravdess(duo: Path) -> None:
    pattern = re.compile(r"Actor_(\d\d)/03-01-(0[1-8])-(0[12])-(0[12])-(0[12])-\1\.wav")
    cells = {tuple(map(int, pattern.fullmatch(name).groups())) for name in contents(duo)}  # type: ignore[union-attr]
    expected = product((1, 2), range(1, 9), (1, 2), (1, 2), (1, 2))
    assert cells == {cell for cell in expected if not (cell[1] == 1 and cell[2] == 2)}


def test_names_put_the_speaker_first_and_last() -> None:
    assert clip_name(12, "surprise", "normal", 2, 1) == "Actor_12/03-01-08-01-02-01-12.wav"


def test_files_are_plain_16_bit_mono_of_one_to_three_seconds(duo: Path) -> None:
    for path in duo.rglob("*.wav"):
        with wave.open(str(path), "rb") as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
            assert 1 <= file.getnframes() / RATE <= 3
            # The header of 44 bytes and the samples: no chunk that could hold a date.
            assert path.stat().st_size == 44 + 2 * file.getnframes()


def test_speech_lies_between_two_stretches_of_near_silence(duo: Path) -> None:
    for path in duo.rglob("*.wav"):
        sound = read(path)
        edge = int(0.08 * RATE)
        edges = np.concatenate([sound[:edge], sound[-edge:]])
        assert 0 < np.std(edges) < 0.1 * np.std(sound)


def test_nothing_clips(duo: Path) -> None:
    assert max(np.abs(read(path)).max() for path in duo.rglob("*.wav")) < 0.97


def test_number_of_speakers_must_fit_the_names(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="speakers must be from 1 to 99, not 100"):
        synthesize(tmp_path, speakers=100, seed=0, workers=1)


def test_tract_resonates_at_its_formants() -> None:
    formants = np.tile([500.0, 1500.0, 2500.0, 3500.0, 4500.0], (100, 1))
    click = np.zeros(100 * FRAME)
    click[FRAME * 30] = 1
    spectrum = np.abs(rfft(tract(click, formants)))
    for formant in formants[0]:
        at = round(formant * len(click) / RATE)
        valley = round((formant + 500) * len(click) / RATE)
        assert spectrum[at] > 4 * spectrum[valley]


def test_tract_falls_silent_after_the_source() -> None:
    formants = np.tile([500.0, 1500.0, 2500.0, 3500.0, 4500.0], (100, 1))
    click = np.zeros(100 * FRAME)
    click[FRAME * 30] = 1
    sound = np.abs(tract(click, formants))
    assert sound[FRAME * 45 :].max() < 1e-4 * sound.max()
    assert sound[: FRAME * 29].max() < 1e-4 * sound.max()


def test_a_faster_style_takes_less_time() -> None:
    def seconds(rate: float) -> float:
        return float(layout(STATEMENTS[0], REST + Style(rate=rate), stream(0, "t")).seconds[-1])

    assert seconds(15) < seconds(0) < seconds(-15)


def test_surprise_ends_on_a_rising_melody() -> None:
    def rise(emotion: str) -> float:
        style = REST + EXPRESSIONS[emotion]
        curve = melody(layout(STATEMENTS[0], style, stream(0, "t")), style, stream(1, "t"))
        return float(curve[-1] - curve[int(0.7 * len(curve))])

    assert rise("surprise") > 2 > 0 > rise("neutral")


def pitch(sound: NDArray[np.float64]) -> float:
    """Median over the louder frames of the lag at which a frame resembles itself most."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, 960)[::480]
    power = np.abs(rfft(frames - frames.mean(axis=1, keepdims=True), 2048)) ** 2
    likeness = np.fft.irfft(power)[:, RATE // 600 : RATE // 60]
    energy = power.sum(axis=1)
    voiced = energy > 0.1 * energy.max()
    return float(np.median(np.log2(RATE / (RATE // 600 + likeness[voiced].argmax(axis=1)))))


def describe(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pitch, length, and the mean and spread of log bands and their cepstrum."""
    _, _, power = spectrogram(sound, RATE, nperseg=512, noverlap=352)
    edges = np.unique(np.geomspace(3, 257, 41).astype(int))
    bands = 10 * np.log10(np.add.reduceat(power[: edges[-1]], edges[:-1], axis=0) + 1e-12)
    cepstrum = dct(bands, axis=0, norm="ortho")[:20]
    parts = [
        statistic(table, axis=1) for table in (bands, cepstrum) for statistic in (np.mean, np.std)
    ]
    return np.concatenate([*parts, [pitch(sound), len(sound) / RATE]])


def test_emotions_move_pitch_loudness_and_rate_as_documented() -> None:
    """Averages over eight speakers, so that no one's own way decides."""
    measured = {}
    for emotion in EMOTIONS:
        rows = []
        for number in range(1, 9):
            clip = render_clip(draw_speaker(number, 0), emotion, "normal", 1, 1, 0).astype(float)
            rows.append((pitch(clip), 20 * np.log10(clip.std()), len(clip) / RATE))
        measured[emotion] = np.mean(rows, axis=0)
    tone, level, length = (
        {emotion: float(row[column]) for emotion, row in measured.items()} for column in range(3)
    )
    assert min(tone["happy"], tone["fear"], tone["angry"], tone["surprise"]) > tone["neutral"] + 0.1
    assert max(tone["calm"], tone["disgust"]) < tone["neutral"]
    assert level["angry"] > level["happy"] > level["neutral"] > level["calm"] > level["sad"]
    assert length["fear"] < length["neutral"] < length["sad"]


def test_strong_intensity_shows_more_of_the_emotion() -> None:
    def level(intensity: str) -> float:
        clips = [
            render_clip(draw_speaker(number, 0), "angry", intensity, 2, 1, 0)
            for number in range(1, 5)
        ]
        return float(np.mean([20 * np.log10(clip.std()) for clip in clips]))

    assert level("strong") > level("normal") + 2


def speaker_folds(speakers: Rows, seed: int) -> Folds:
    """Four folds of two men and two women each."""
    rng = np.random.default_rng(seed)
    men, women = rng.permutation(np.arange(1, 17, 2)), rng.permutation(np.arange(2, 17, 2))
    for fold in range(4):
        tested = np.isin(speakers, np.concatenate([men[fold::4], women[fold::4]]))
        yield np.flatnonzero(~tested), np.flatnonzero(tested)


@pytest.mark.slow
def test_unknown_speakers_are_harder_than_known_ones_and_not_hopeless(choir: Path) -> None:
    paths = sorted(choir.rglob("*.wav"))
    clips = np.array([describe(read(path)) for path in paths])
    emotions = np.array([int(path.name[6:8]) for path in paths])
    speakers = np.array([int(path.stem[-2:]) for path in paths])

    def recall(folds: Folds) -> list[float]:
        scores = []
        for train, test in folds:
            machine = make_pipeline(StandardScaler(), SVC(C=5))
            guess = machine.fit(clips[train], emotions[train]).predict(clips[test])
            scores.append(100 * recall_score(emotions[test], guess, average="macro"))
        return scores

    def shuffled(seed: int) -> Folds:
        yield from StratifiedKFold(4, shuffle=True, random_state=seed).split(clips, emotions)

    unknown = np.mean([recall(speaker_folds(speakers, seed)) for seed in range(2)])
    known = np.mean(recall(shuffled(seed=0)))
    assert 60 <= unknown <= 85
    assert known >= unknown + 4
