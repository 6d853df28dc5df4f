"""What the synthetic voices say, and how emotions, speakers and single takes shape it.

A :class:`Style` is a way of speaking. The style of one clip is a sum: the
resting voice, the emotion (more of it when the intensity is strong), the speaker's
habits, the speaker's own way with that emotion, and the random variation of one take. The third
and fourth terms are what a network can memorise when clips of one speaker fall
on both sides of a split.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.emotions import EMOTIONS

INTENSITIES: Final = ("normal", "strong")


@dataclass(frozen=True, slots=True)
class Phone:
    """One sound of speech.

    Attributes:
        seconds: how long, at the resting rate.
        formants: first three resonances in hertz, in a tract of 17.5 cm.
        voice: how strongly the glottis sounds, from 0 to 1.
        noise: how strongly air hisses at the constriction, from 0 to 1.
        band: which of :data:`BANDS` it hisses in.
    """

    seconds: float
    formants: tuple[float, float, float]
    voice: float = 1.0
    noise: float = 0.0
    band: int = 0


SILENCE: Final = Phone(0.0, (500, 1500, 2500), voice=0.0)

PHONES: Final = {
    "|": SILENCE,
    ".": Phone(0.045, (500, 1500, 2500), voice=0.0),
    "a": Phone(0.105, (740, 1180, 2500)),
    "e": Phone(0.090, (550, 1800, 2500)),
    "i": Phone(0.095, (290, 2270, 3000)),
    "I": Phone(0.065, (400, 1950, 2550)),
    "o": Phone(0.095, (560, 880, 2400)),
    "u": Phone(0.090, (310, 880, 2250)),
    "@": Phone(0.055, (500, 1450, 2450), voice=0.85),
    "m": Phone(0.065, (270, 1050, 2200), voice=0.35),
    "n": Phone(0.060, (270, 1600, 2500), voice=0.35),
    "l": Phone(0.060, (350, 1100, 2700), voice=0.60),
    "r": Phone(0.060, (390, 1250, 1650), voice=0.60),
    "v": Phone(0.050, (250, 1100, 2300), voice=0.35, noise=0.12, band=1),
    "z": Phone(0.070, (270, 1600, 2550), voice=0.30, noise=0.35, band=0),
    "s": Phone(0.095, (320, 1600, 2550), voice=0.0, noise=0.80, band=0),
    "f": Phone(0.085, (330, 1100, 2300), voice=0.0, noise=0.30, band=1),
    "S": Phone(0.095, (320, 1800, 2500), voice=0.0, noise=0.80, band=2),
    "b": Phone(0.055, (220, 900, 2200), voice=0.08),
    "d": Phone(0.050, (220, 1700, 2600), voice=0.08),
    "t": Phone(0.055, (300, 1750, 2600), voice=0.0),
    "k": Phone(0.060, (300, 1900, 2400), voice=0.0),
    "T": Phone(0.030, (350, 1750, 2600), voice=0.0, noise=0.90, band=0),
    "K": Phone(0.035, (350, 1900, 2400), voice=0.0, noise=0.70, band=2),
}
"""The inventory; a stop is a closure and its burst: ``t`` then ``T``, ``k`` then ``K``."""

BANDS: Final = ((5600.0, 2600.0), (4200.0, 5200.0), (3000.0, 1500.0))
"""Centre and width in hertz of the hiss of s, f and sh."""

STATEMENTS: Final = (
    ". s @ m b 'o u t T s a r | l 'i v I n d @ b 'e I .",
    ". n 'u s n 'o u I z f 'o l I n | o n k K 'a m l 'e n d .",
)
"""What is said: accented vowels carry a tick, a bar parts the two phrases
and a point lets the voice swell and fade."""


@dataclass(frozen=True, slots=True)
class Mouth:
    """What all the voices have in common.

    Attributes:
        upper: fourth and fifth resonance in hertz, in a tract of 17.5 cm.
        bandwidths: of the five resonances, in hertz.
        accent_stretch: by how much an accented vowel is longer.
        final_stretch: by how much the last two sounds are longer.
        glide: seconds in which the tract moves from one phone to the next.
        onset: seconds in which a sound swells or ends.
        accent_width: seconds from an accent's top to where it has mostly faded.
        declination: how far the melody sinks, relative to the accents' size.
        tremor: trembles per second.
        shimmer: spread of the glottal pulses' strength.
        open_quotient: part of a glottal period for which the glottis is open.
        closure: hertz above which soft folds sound weaker.
        shelf: hertz above which brightness works.
        noise_gain: of hissing consonants, relative to the voice.
        level: decibels relative to full scale of a resting voice.
        ceiling: the largest sample, relative to full scale.
        margin: shortest and longest silence before and after, in seconds.
        speech: shortest and longest speech, in seconds.
    """

    upper: tuple[float, float] = (3500.0, 4500.0)
    bandwidths: tuple[float, ...] = (70.0, 95.0, 140.0, 220.0, 300.0)
    accent_stretch: float = 1.2
    final_stretch: float = 1.3
    glide: float = 0.06
    onset: float = 0.024
    accent_width: float = 0.09
    declination: float = 1.2
    tremor: float = 6.0
    shimmer: float = 0.05
    open_quotient: float = 0.62
    closure: float = 2200.0
    shelf: float = 1200.0
    noise_gain: float = 0.7
    level: float = -29.0
    ceiling: float = 0.95
    margin: tuple[float, float] = (0.10, 0.28)
    speech: tuple[float, float] = (0.82, 2.42)


MOUTH: Final = Mouth()
NEUTRAL_VOWEL: Final = np.array([500.0, 1500.0, 2500.0])
"""Where the formants of a lazy articulation drift to."""
PITCH_LIMITS: Final = (55.0, 620.0)
"""Hertz between which a larynx can sound."""


@dataclass(frozen=True, slots=True)
class Style:
    """A way of speaking, or a difference between two ways, or the spread of one.

    Attributes:
        pitch: semitones above the speaker's resting pitch.
        span: semitones from the line of the melody to the top of an accent.
        lean: from -1 (the first accents are the large ones) to 1 (the last ones are).
        final: semitones that the melody rises over its last quarter.
        rate: percent faster than the resting rate.
        pause: milliseconds of silence between the two phrases.
        loudness: decibels.
        brightness: decibels added above about 1 kHz by a tenser throat.
        breath: decibels of breath noise.
        jitter: percent by which one glottal period differs from the next.
        tremor: semitones of a tremble of some six per second.
        smile: percent by which lips and larynx move every formant up.
        precision: percent by which vowels move away from the neutral vowel.
    """

    pitch: float = 0.0
    span: float = 0.0
    lean: float = 0.0
    final: float = 0.0
    rate: float = 0.0
    pause: float = 0.0
    loudness: float = 0.0
    brightness: float = 0.0
    breath: float = 0.0
    jitter: float = 0.0
    tremor: float = 0.0
    smile: float = 0.0
    precision: float = 0.0

    def __add__(self, other: Style) -> Style:
        """Both at once.

        Example:
            >>> (Style(pitch=1.0, rate=5.0) + Style(pitch=2.0)).pitch
            3.0
        """
        return Style(*(a + b for a, b in zip(self.values(), other.values(), strict=True)))

    def __mul__(self, factor: float) -> Style:
        """More, or less, of the same."""
        return Style(*(factor * value for value in self.values()))

    def draw(self, rng: np.random.Generator) -> Style:
        """A normal deviate per field, this style being the standard deviations."""
        spreads = self.values()
        deviates = rng.standard_normal(len(spreads)).tolist()
        return Style(*(d * s for d, s in zip(deviates, spreads, strict=True)))

    def values(self) -> tuple[float, ...]:
        """The fields, in order."""
        return tuple(getattr(self, field.name) for field in fields(self))


REST: Final = Style(span=2.2, final=-2.0, pause=30.0, breath=-33.0, jitter=0.7, tremor=0.05)
"""The voice at rest; every other table holds differences from it."""

EXPRESSIONS: Final[Mapping[str, Style]] = {
    "neutral": Style(),
    "calm": Style(
        pitch=-1.0, span=-0.6, final=0.6, rate=-12, pause=50, loudness=-3, brightness=-3,
        breath=4, jitter=-0.3, smile=1.5, precision=-3,
    ),
    "happy": Style(
        pitch=3.8, span=2.0, lean=0.2, final=0.8, rate=5, pause=-10, loudness=4, brightness=2.5,
        jitter=-0.1, smile=4.5, precision=6,
    ),
    "sad": Style(
        pitch=-0.6, span=-1.2, lean=-0.3, final=-1.2, rate=-16, pause=110, loudness=-6,
        brightness=-4.5, breath=8, jitter=0.5, tremor=0.25, smile=-2, precision=-14,
    ),
    "angry": Style(
        pitch=3.0, span=1.6, final=-2, rate=5, loudness=8, brightness=7, breath=-2, jitter=1.0,
        smile=-0.5, precision=10,
    ),
    "fear": Style(
        pitch=5.0, span=-0.6, final=0.6, rate=15, pause=30, loudness=0.5, brightness=0.5,
        breath=5, jitter=0.8, tremor=0.6, precision=-5,
    ),
    "disgust": Style(
        pitch=-1.6, span=0.7, lean=-0.6, final=-1.5, rate=-12, pause=50, loudness=1,
        brightness=2.5, jitter=1.6, smile=-4.5, precision=4,
    ),
    "surprise": Style(
        pitch=4.0, span=3.0, lean=0.7, final=6.5, rate=0, loudness=2.5, brightness=1, breath=2,
        smile=0.5, precision=6,
    ),
}  # fmt: skip
"""Each emotion at normal intensity, in the directions that the literature agrees on."""

FORCE: Final[Mapping[str, float]] = {"normal": 1.0, "strong": 1.5}
"""How much of an emotion an intensity shows."""

HABIT: Final = Style(
    span=0.4, lean=0.15, final=0.5, rate=4, pause=10, loudness=0.8, brightness=1.2, breath=1.6,
    jitter=0.15, tremor=0.03, precision=4,
)  # fmt: skip
"""Spread of what a speaker does whatever the emotion; pitch and tract are drawn apart."""

IDIOM: Final = Style(
    pitch=1.0, span=0.6, lean=0.3, final=1.2, rate=4, pause=16, loudness=1.3, brightness=1.3,
    breath=1.6, jitter=0.2, tremor=0.08, smile=1.2, precision=3,
)  # fmt: skip
"""Spread of a speaker's own way with one emotion, the same in every take of it."""

TAKE: Final = Style(
    pitch=0.6, span=0.35, lean=0.2, final=0.6, rate=3, pause=12, loudness=1.0, brightness=0.9,
    breath=1.0, jitter=0.15, tremor=0.05, smile=0.6, precision=3,
)  # fmt: skip
"""Spread between two takes of the same thing."""


@dataclass(frozen=True, slots=True)
class Sex:
    """What the voices of one sex have in common.

    Attributes:
        name: ``female`` or ``male``.
        pitch: median resting pitch in hertz.
        tract: formants relative to a tract of 17.5 cm.
    """

    name: str
    pitch: float
    tract: float


FEMALE: Final = Sex("female", 200.0, 1.15)
MALE: Final = Sex("male", 118.0, 1.0)
PITCH_SPREAD: Final = 1.4
"""Semitones between speakers of one sex (standard deviation)."""
TRACT_SPREAD: Final = 0.045
"""Between the tracts of speakers of one sex (standard deviation, as a fraction)."""


@dataclass(frozen=True, slots=True)
class Studio:
    """Where one speaker was recorded.

    Attributes:
        gain: decibels of the recording level.
        hiss: decibels of the room's noise relative to full scale.
        room: the impulse response from mouth to file.
    """

    gain: float
    hiss: float
    room: NDArray[np.float64]


GAIN_SPREAD: Final = 1.0
HISS_LEVEL, HISS_SPREAD = -66.0, 2.5
ROOM_TAPS: Final = 320
ROOM_DECAY: Final = 80.0
"""Taps after which the reverberation has fallen to 1/e."""
ROOM_LEVEL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Speaker:
    """One voice and its ways.

    Attributes:
        number: from 1; odd numbers are male.
        sex: ``female`` or ``male``.
        pitch: resting pitch in hertz.
        tract: formants relative to a tract of 17.5 cm.
        habit: what the speaker does whatever the emotion.
        idioms: the speaker's own way with each emotion.
        studio: where the speaker was recorded.
    """

    number: int
    sex: str
    pitch: float
    tract: float
    habit: Style
    idioms: Mapping[str, Style]
    studio: Studio


def stream(seed: int, purpose: str, *keys: int) -> np.random.Generator:
    """A random stream of its own for one purpose and one place in the grid.

    Example:
        >>> float(stream(7, "take", 1, 2).random()) == float(stream(7, "take", 1, 2).random())
        True
        >>> float(stream(7, "take", 1, 2).random()) == float(stream(7, "take", 2, 1).random())
        False
    """
    # A seed sequence ignores trailing zeros of short keys, hence their number.
    entropy = [seed, int.from_bytes(purpose.encode(), "big"), len(keys), *keys]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def draw_speaker(number: int, seed: int) -> Speaker:
    """The speaker of that number, however many others there are.

    Example:
        >>> draw_speaker(1, seed=0).sex, draw_speaker(2, seed=0).sex
        ('male', 'female')
    """
    rng = stream(seed, "speaker", number)
    sex = MALE if number % 2 else FEMALE
    pitch, tract, gain, hiss = (float(value) for value in rng.standard_normal(4))
    return Speaker(
        number=number,
        sex=sex.name,
        pitch=sex.pitch * 2 ** (PITCH_SPREAD * pitch / 12),
        tract=sex.tract * (1 + TRACT_SPREAD * tract),
        habit=HABIT.draw(rng),
        idioms={emotion: IDIOM.draw(rng) for emotion in EMOTIONS},
        studio=Studio(GAIN_SPREAD * gain, HISS_LEVEL + HISS_SPREAD * hiss, _room(rng)),
    )


def delivery(speaker: Speaker, emotion: str, intensity: str, rng: np.random.Generator) -> Style:
    """How the speaker says it this time.

    Args:
        speaker: who.
        emotion: one of :data:`pipeline.core.emotions.EMOTIONS`.
        intensity: one of :data:`INTENSITIES`.
        rng: the random numbers of this take.
    """
    expression = EXPRESSIONS[emotion] * FORCE[intensity]
    return REST + expression + speaker.habit + speaker.idioms[emotion] + TAKE.draw(rng)


def _room(rng: np.random.Generator) -> NDArray[np.float64]:
    taps = rng.standard_normal(ROOM_TAPS)
    decay = np.array([math.exp(-n / ROOM_DECAY) for n in range(ROOM_TAPS)])
    response: NDArray[np.float64] = ROOM_LEVEL * taps * decay
    response[0] = 1.0
    return response
