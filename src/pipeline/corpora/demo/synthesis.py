"""A corpus of synthetic speech, for a demonstration that downloads nothing.

A glottal pulse train and noise run through a cascade of formant resonators, phone by
phone; :mod:`pipeline.corpora.demo.synthesis_style` says what they say and how. The grid and the
names of the files are RAVDESS's, and every clip has a random stream of its own, so the
bytes depend on the seed alone and not on the number of workers or their order.
"""

from __future__ import annotations

import math
import multiprocessing
import wave
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal import lfilter, oaconvolve
from tqdm import tqdm

from pipeline.core.emotions import EMOTIONS
from pipeline.core.errors import CorpusError
from pipeline.corpora.demo.synthesis_style import (
    BANDS,
    INTENSITIES,
    MOUTH,
    NEUTRAL_VOWEL,
    PHONES,
    PITCH_LIMITS,
    STATEMENTS,
    Speaker,
    Style,
    delivery,
    draw_speaker,
    stream,
)

Wave = NDArray[np.float64]

RATE: Final = 16_000
"""Samples per second."""
FRAME: Final = 160
"""Samples (10 ms) for which the vocal tract keeps still."""
RING: Final = 6
"""Frames after which a resonator has fallen silent (some 80 dB down)."""
REPETITIONS: Final = (1, 2)
MOST_SPEAKERS: Final = 99
"""The names have two digits for the speaker."""


@dataclass(frozen=True, slots=True)
class Score:
    """An utterance laid out in time, one row per frame.

    Attributes:
        seconds: middle of each frame.
        formants: hertz, before the speaker's tract has its say.
        voice: strength of the glottis.
        noise: strength of the hiss, a column per band.
        accents: middles of the accented vowels in seconds.
    """

    seconds: Wave
    formants: NDArray[np.float64]
    voice: Wave
    noise: NDArray[np.float64]
    accents: Wave


def layout(statement: str, style: Style, rng: np.random.Generator) -> Score:
    """Lay a statement out in time.

    Args:
        statement: phones of :data:`PHONES`, as in :data:`STATEMENTS`.
        style: rate, pause and precision matter here.
        rng: the small irregularities of any speech.

    Example:
        >>> score = layout(". n 'u | n 'o .", Style(), stream(0, "example"))
        >>> len(score.accents), score.formants.shape[1]
        (2, 3)
    """
    marks = statement.split()
    phones = [PHONES[mark.lstrip("'")] for mark in marks]
    accented = np.array([mark.startswith("'") for mark in marks])
    pace = max(0.5, 1 + style.rate / 100)
    lengths = np.array([phone.seconds for phone in phones]) / pace
    lengths *= np.where(accented, MOUTH.accent_stretch, 1.0)
    lengths[-3:-1] *= MOUTH.final_stretch
    lengths *= np.clip(1 + 0.08 * rng.standard_normal(len(phones)), 0.75, 1.25)
    lengths[[mark == "|" for mark in marks]] = max(0.0, style.pause / 1000)
    lengths *= np.clip(lengths.sum(), *MOUTH.speech) / lengths.sum()
    ends = np.cumsum(lengths)

    seconds = (np.arange(math.ceil(ends[-1] * RATE / FRAME)) + 0.5) * FRAME / RATE
    which = np.minimum(np.searchsorted(ends, seconds), len(phones) - 1)
    targets = np.array([phone.formants for phone in phones])
    reach = np.array([phone.voice == 1.0 for phone in phones])[:, None] * style.precision / 100
    targets = targets + reach * (targets - NEUTRAL_VOWEL)
    noise = np.zeros((len(phones), len(BANDS)))
    for row, phone in zip(noise, phones, strict=True):
        row[phone.band] = phone.noise
    return Score(
        seconds=seconds,
        formants=_smooth(targets[which], MOUTH.glide),
        voice=_smooth(np.array([phone.voice for phone in phones])[which, None], MOUTH.onset)[:, 0],
        noise=_smooth(noise[which], MOUTH.onset),
        accents=(ends - lengths / 2)[accented],
    )


def melody(score: Score, style: Style, rng: np.random.Generator) -> Wave:
    """Semitones above the resting pitch, a value per frame."""
    part = score.seconds / score.seconds[-1]
    span = max(0.0, style.span)
    curve = style.pitch + MOUTH.declination * span * (0.5 - part)
    for accent in score.accents:
        weight = max(0.1, 1 + 2 * style.lean * (accent / score.seconds[-1] - 0.5))
        curve += weight * span * np.exp(-(((score.seconds - accent) / MOUTH.accent_width) ** 2))
    curve += style.final * np.clip((part - 0.75) / 0.25, 0, 1) ** 2
    phase = 2 * math.pi * float(rng.random())
    tremble = np.sin(2 * math.pi * MOUTH.tremor * score.seconds + phase)
    return np.asarray(curve + max(0.0, style.tremor) * tremble)


def glottis(pitch: Wave, style: Style, rng: np.random.Generator) -> tuple[Wave, Wave]:
    """The pulses of the vocal folds, and how far each sample is into its period.

    Args:
        pitch: hertz, a value per sample.
        style: jitter matters here.
        rng: draws the irregularity of the periods.
    """
    periods = int(pitch.sum() / RATE) + 8
    jitter = 1 + max(0.1, style.jitter) / 100 * np.clip(rng.standard_normal(periods), -2.5, 2.5)
    shimmer = 1 + MOUTH.shimmer * np.clip(rng.standard_normal(2 * periods), -2.5, 2.5)
    nominal = np.cumsum(pitch / RATE)
    step = pitch / RATE * jitter[nominal.astype(np.int64)]
    phase = np.cumsum(step)
    period = np.floor(phase)
    part = phase - period
    opening = part / MOUTH.open_quotient
    flow = np.where(opening < 1, opening * (2 - 3 * opening), 0.0)
    # The folds close at once; a step between two samples would alias into a rasp, so its
    # two neighbours are moved to where the band-limited step passes.
    ahead = (part - MOUTH.open_quotient) / step
    flow += np.where((ahead >= -1) & (ahead < 0), (ahead + 1) ** 2 / 2, 0.0)
    flow -= np.where((ahead >= 0) & (ahead < 1), (1 - ahead) ** 2 / 2, 0.0)
    return flow * shimmer[period.astype(np.int64)], part


def tract(source: Wave, formants: NDArray[np.float64]) -> Wave:
    """Send a source through a cascade of resonators that move once a frame.

    Windowed pieces of the source, each overlapping its neighbours by half, ring in the
    resonators of their own time, and the rings add up; that takes a few transforms of
    all pieces at once instead of a loop.

    Args:
        source: ``frames * FRAME`` samples.
        formants: hertz, a row per frame, a column per resonator.
    """
    count, size = len(formants), RING * FRAME
    radius = np.exp(-math.pi * np.array(MOUTH.bandwidths) / RATE)
    first = -2 * radius * np.cos(2 * math.pi * formants / RATE)
    cascade = np.ones((count, 1))
    for a1, a2 in zip(first.T, radius**2, strict=True):
        wide = np.pad(cascade, ((0, 0), (2, 2)))
        cascade = wide[:, 2:] + a1[:, None] * wide[:, 1:-1] + a2 * wide[:, :-2]
    gain = np.prod(1 + first + radius**2, axis=1)
    around = np.pad(source, FRAME // 2)
    pieces = sliding_window_view(around, 2 * FRAME)[::FRAME] * np.hanning(2 * FRAME + 1)[:-1]
    rings = irfft(rfft(gain[:, None] * pieces, size) / rfft(cascade, size), size)
    sound = np.zeros((count + RING, FRAME))
    for later, piece in enumerate(np.split(rings, RING, axis=1)):
        sound[later : later + count] += piece
    return sound.ravel()[FRAME // 2 : FRAME // 2 + len(source)]


def voice(statement: str, style: Style, speaker: Speaker, rng: np.random.Generator) -> Wave:
    """One utterance as it leaves the lips, without room or silence around it.

    Args:
        statement: phones, as in :data:`STATEMENTS`.
        style: how to say it.
        speaker: whose pitch and tract.
        rng: the random numbers.
    """
    score = layout(statement, style, rng)
    samples = len(score.seconds) * FRAME
    hertz = np.clip(speaker.pitch * 2 ** (melody(score, style, rng) / 12), *PITCH_LIMITS)
    pulses, part = glottis(_per_sample(hertz), style, rng)

    air = rng.standard_normal(samples)
    breath = 10 ** (style.breath / 20) * air * np.where(part < MOUTH.open_quotient, 1.0, 0.4)
    source = _brighten(lfilter(*_soft_closure(), pulses) + breath, style.brightness)
    source *= _per_sample(score.voice)

    upper = np.broadcast_to(MOUTH.upper, (len(score.seconds), len(MOUTH.upper)))
    size = speaker.tract * (1 + style.smile / 100)
    sound = tract(source, np.minimum(size * np.hstack([score.formants, upper]), 0.47 * RATE))

    sound /= math.sqrt(float(np.mean(sound**2)))
    # The next draw of noise is independent of the breath: they come from two places.
    hiss = rng.standard_normal(samples)
    for band, (centre, width) in enumerate(BANDS):
        strength = _per_sample(score.noise[:, band])
        if strength.any():
            sound += MOUTH.noise_gain * strength * _band_noise(hiss, centre * size, width)
    return sound


def record(sound: Wave, style: Style, speaker: Speaker, rng: np.random.Generator) -> Wave:
    """The utterance as the speaker's studio hands it over: room, level, silences.

    Args:
        sound: what :func:`voice` returned; its own level does not matter.
        style: loudness matters here.
        speaker: whose studio.
        rng: the silences' lengths and the room's noise.
    """
    studio = speaker.studio
    before, after = (int(RATE * seconds) for seconds in rng.uniform(*MOUTH.margin, size=2))
    wet = oaconvolve(np.concatenate([np.zeros(before), sound, np.zeros(after)]), studio.room)
    wet = wet[: before + len(sound) + after]
    decibels = MOUTH.level + style.loudness + studio.gain
    wet *= 10 ** (decibels / 20) / math.sqrt(float(np.mean(wet[before : before + len(sound)] ** 2)))
    hiss = lfilter([1.0], [1.0, -0.7], rng.standard_normal(len(wet)))
    wet += 10 ** (studio.hiss / 20) * hiss
    return np.asarray(wet * min(1.0, MOUTH.ceiling / float(np.abs(wet).max())))


def render_clip(
    speaker: Speaker, emotion: str, intensity: str, statement: int, repetition: int, seed: int
) -> NDArray[np.float32]:
    """One clip of the grid, at :data:`RATE` samples per second.

    Args:
        speaker: drawn by :func:`~pipeline.corpora.synthesis_style.draw_speaker`.
        emotion: one of :data:`~pipeline.corpora.emotions.EMOTIONS`.
        intensity: ``normal`` or ``strong``.
        statement: 1 or 2.
        repetition: which take, from 1.
        seed: of the corpus.

    Example:
        >>> clip = render_clip(draw_speaker(1, seed=0), "happy", "normal", 1, 1, seed=0)
        >>> clip.dtype.name, 1 <= len(clip) / RATE <= 3
        ('float32', True)
    """
    place = (EMOTIONS.index(emotion), INTENSITIES.index(intensity), statement, repetition)
    rng = stream(seed, "clip", speaker.number, *place)
    style = delivery(speaker, emotion, intensity, rng)
    sound = record(voice(STATEMENTS[statement - 1], style, speaker, rng), style, speaker, rng)
    return (np.rint(sound * 32767) / 32768).astype(np.float32)


def clip_name(speaker: int, emotion: str, intensity: str, statement: int, repetition: int) -> str:
    """The name RAVDESS would give the file.

    Example:
        >>> clip_name(2, "angry", "strong", 1, 2)
        'Actor_02/03-01-05-02-01-02-02.wav'
    """
    feeling = f"{EMOTIONS.index(emotion) + 1:02d}-{INTENSITIES.index(intensity) + 1:02d}"
    return f"Actor_{speaker:02d}/03-01-{feeling}-{statement:02d}-{repetition:02d}-{speaker:02d}.wav"


def synthesize(
    folder: Path, *, speakers: int, seed: int, workers: int, progress: bool = True
) -> int:
    """Write the grid of clips under a folder.

    Args:
        folder: made when absent; clips already there are written again.
        speakers: how many; odd ones are male, and the first ones stay the same when
            there are more.
        seed: of all random numbers.
        workers: how many processes; the bytes do not depend on it.
        progress: whether to show a bar.

    Returns:
        The number of clips.

    Raises:
        CorpusError: there can be no such number of speakers.
    """
    if not 1 <= speakers <= MOST_SPEAKERS:
        raise CorpusError(f"demo: speakers must be from 1 to {MOST_SPEAKERS}, not {speakers}")
    for number in range(1, speakers + 1):
        (folder / f"Actor_{number:02d}").mkdir(parents=True, exist_ok=True)
    batches = [(folder, n, emotion, seed) for n in range(1, speakers + 1) for emotion in EMOTIONS]
    total = speakers * sum(len(_cells(emotion)) for emotion in EMOTIONS)
    with tqdm(total=total, desc="synthesize", unit="clip", disable=not progress) as bar:
        if workers <= 1:
            for batch in batches:
                bar.update(_write_batch(batch))
        else:
            # A fresh interpreter inherits no locked mutex from the parent's threads.
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(min(workers, len(batches)), mp_context=context) as pool:
                for written in pool.map(_write_batch, batches):
                    bar.update(written)
    return total


def _cells(emotion: str) -> list[tuple[str, int, int]]:
    """Intensity, statement and repetition of an emotion's clips; neutral has no strong form."""
    intensities = INTENSITIES[:1] if emotion == "neutral" else INTENSITIES
    return list(product(intensities, range(1, len(STATEMENTS) + 1), REPETITIONS))


def _write_batch(batch: tuple[Path, int, str, int]) -> int:
    folder, number, emotion, seed = batch
    speaker = draw_speaker(number, seed)
    for cell in _cells(emotion):
        clip = render_clip(speaker, emotion, *cell, seed)
        _write(folder / clip_name(number, emotion, *cell), clip)
    return len(_cells(emotion))


def _write(path: Path, clip: NDArray[np.float32]) -> None:
    """Write 16 bits mono, whole or not at all.

    The standard library's writer adds neither a time nor its version to the file.
    """
    part = path.with_name(f".{path.name}.part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((clip * 32768).astype("<i2").tobytes())
    part.replace(path)


def _smooth(track: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Round off the steps of each column within a window."""
    half = max(1, round(seconds * RATE / FRAME / 2))
    window = np.hanning(2 * half + 3)[1:-1]
    window /= window.sum()
    padded = np.pad(track, ((half, half), (0, 0)), mode="edge")
    return np.column_stack([np.convolve(column, window, mode="valid") for column in padded.T])


def _per_sample(track: Wave) -> Wave:
    """Straight lines from frame to frame, a value per sample."""
    points = np.pad(track, 1, mode="edge")
    ramp = (np.arange(FRAME) + 0.5) / FRAME
    lines = points[:-1, None] + np.diff(points)[:, None] * ramp
    return lines.ravel()[FRAME // 2 : FRAME // 2 + len(track) * FRAME]


def _brighten(sound: Wave, decibels: float) -> Wave:
    """A first-order shelf: the high part, weighted, is added to the whole."""
    warped = math.tan(math.pi * MOUTH.shelf / RATE)
    gain, pole = 1 / (1 + warped), (warped - 1) / (warped + 1)
    high = lfilter([gain, -gain], [1.0, pole], sound)
    return np.asarray(sound + (10 ** (decibels / 20) - 1) * high)


def _soft_closure() -> tuple[list[float], list[float]]:
    """The low-pass of folds that close less abruptly than the model's, as (b, a)."""
    pole = math.exp(-2 * math.pi * MOUTH.closure / RATE)
    return [1 - pole], [1.0, -pole]


def _band_noise(noise: Wave, centre: float, width: float) -> Wave:
    """Noise of unit peak gain around a centre, both edges softened by one resonance."""
    centre = min(centre, 0.45 * RATE)
    angle = 2 * math.pi * centre / RATE
    slope = math.sin(angle) * width / (2 * centre)
    whole = 1 + slope
    numerator = [slope / whole, 0.0, -slope / whole]
    return np.asarray(
        lfilter(numerator, [1.0, -2 * math.cos(angle) / whole, (1 - slope) / whole], noise)
    )
