"""From a recording to what it sounds like: the same steps as in training, then the package.

A recording that is not much longer than what a network sees is judged whole, exactly as
clips are in training and in tests. A longer one is judged window by window; its answer is the
mean over the windows in which somebody can be heard.
"""

from __future__ import annotations

import copy
import math
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.config.base import parse
from pipeline.config.views import ViewSettings
from pipeline.core.errors import AudioError
from pipeline.package.package import ABOUT, Odds, Package
from pipeline.views import audio
from pipeline.views.audio import Wave
from pipeline.views.renderer import Renderer

WINDOW: Final = 3.0
"""Seconds of a window where the view itself has no length."""
OVERLAP: Final = 0.5
"""Share of a window that the next one hears again."""
WHOLE: Final = 2.0
"""Windows up to which a recording is judged whole."""
QUIET_DB: Final = 35.0
"""A window that is so much quieter than the loudest is taken for silence."""
SHORTEST: Final = 0.1
"""Seconds of sound without which nobody could tell anything."""
LONGEST: Final = 3600.0
"""Seconds of a recording that are listened to at most."""
CHANNELS: Final = 8
RATE: Final = 192_000
"""Hertz that recordings have at most."""
UNKNOWN: Final = 1 << 62
"""Samples that a decoder tells of where a header does not."""
UNTOLD: Final = 0x7FFFF000
"""Bytes from which on a WAV header says that its writer did not know the length."""
TOGETHER: Final = 8
"""Windows that are judged at once where answers are waited for."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a recording.

    Attributes:
        start: seconds from its beginning.
        end: seconds from its beginning.
        odds: of the emotions, in the package's order.
    """

    start: float
    end: float
    odds: tuple[float, ...]

    def about(self, emotions: Sequence[str]) -> dict[str, Any]:
        """As plain data, probabilities by emotion."""
        return {
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "probabilities": _named(emotions, self.odds),
        }


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recording sounds like.

    Attributes:
        emotions: that are told apart.
        odds: of the emotions, in this order; their sum is 1.
        seconds: the recording's length.
        sounding: seconds that are left when the silence at its ends is cut.
        windows: of a long recording, in order, without silent ones; otherwise one.
    """

    emotions: tuple[str, ...]
    odds: tuple[float, ...]
    seconds: float
    sounding: float
    windows: tuple[Window, ...]

    @property
    def emotion(self) -> str:
        """The likeliest."""
        return self.emotions[int(np.argmax(self.odds))]

    @property
    def confidence(self) -> float:
        """How likely it is."""
        return max(self.odds)

    def about(self) -> dict[str, Any]:
        """As plain data, probabilities by emotion."""
        return {
            "emotion": self.emotion,
            "confidence": round(self.confidence, 6),
            "probabilities": _named(self.emotions, self.odds),
            "seconds": round(self.seconds, 3),
            "sounding": round(self.sounding, 3),
            "windows": [window.about(self.emotions) for window in self.windows],
        }


class Listener:
    """Asks a package about recordings.

    Attributes:
        package: that answers.
        renderer: makes its views.
    """

    def __init__(self, package: Package, longest: float = LONGEST) -> None:
        """Get ready.

        Args:
            package: that answers.
            longest: seconds of a recording that are listened to at most.
        """
        self.package = package
        self.longest = longest
        kind: Any = ViewSettings
        self.renderer = Renderer(
            parse(kind, package.about["view_settings"], "view_settings", Path(ABOUT))
        )

    @property
    def window(self) -> float:
        """Seconds of a window."""
        return self.renderer.settings.audio.seconds or WINDOW

    def hear(self, path: Path) -> Heard:
        """What a recording sounds like.

        Raises:
            AudioError: it cannot be decoded, is silent, too short or too long.
        """
        (heard,) = self.hear_many([path])
        if isinstance(heard, AudioError):
            raise heard
        return heard

    def hear_many(self, paths: Sequence[Path]) -> list[Heard | AudioError]:
        """What recordings sound like, in order; an unusable one gives its error in its place."""
        prepared: list[Prepared | AudioError] = []
        for path in paths:
            try:
                prepared.append(self.prepare(path))
            except AudioError as error:
                prepared.append(error)
        rows = [row for item in prepared if isinstance(item, Prepared) for row in item.rows]
        odds = iter(self.package.judge(np.stack(rows)) if rows else ())
        return [
            item if isinstance(item, AudioError) else self._told(item, _windows(item.places, odds))
            for item in prepared
        ]

    def follow(self, path: Path) -> Iterator[Window | Heard]:
        """The windows of a recording as they are judged, and at last what it sounds like.

        Raises:
            AudioError: as in :meth:`hear`, before anything is given.
        """
        item = self.prepare(path)
        windows: list[Window] = []
        for start in range(0, len(item.rows), TOGETHER):
            odds = self.package.judge(np.stack(item.rows[start : start + TOGETHER]))
            some = _windows(item.places[start : start + TOGETHER], iter(odds))
            windows += some
            yield from some
        yield self._told(item, windows)

    def judge(self, item: Prepared) -> Heard:
        """What a prepared recording sounds like."""
        odds = self.package.judge(np.stack(item.rows))
        return self._told(item, _windows(item.places, iter(odds)))

    def untaught(self, fold: int) -> Listener:
        """One that asks only the members which tested a fold's clips, and so learned from none."""
        members = tuple(
            member
            for about, member in zip(
                self.package.about["members"], self.package.members, strict=True
            )
            if about["fold"] == fold
        )
        other = copy.copy(self)
        other.package = replace(self.package, members=members)
        return other

    def prepare(self, path: Path) -> Prepared:
        """The views of a recording: one, or one for each window with sound.

        Raises:
            AudioError: as in :meth:`hear`.
        """
        refuse_endless(path, self.longest)
        refuse_cut(path)
        settings = self.renderer.settings.audio
        wave = audio.load(path, settings)
        sound = audio.trim(wave, settings)
        seconds, sounding = len(wave) / settings.rate, len(sound) / settings.rate
        if sounding < SHORTEST:
            raise AudioError(
                f"{path}: {sounding:.2f} s of sound are too short; record at least {SHORTEST:.1f} s"
            )
        if sounding <= WHOLE * self.window:
            return Prepared(seconds, sounding, [(0.0, seconds)], [self._row(sound, path)])
        places, rows = [], []
        for start, end in self._windows(wave):
            places.append((start / settings.rate, end / settings.rate))
            rows.append(self._row(audio.trim(wave[start:end], settings), path))
        return Prepared(seconds, sounding, places, rows)

    def _row(self, sound: Wave, path: Path) -> npt.NDArray[Any]:
        settings = self.renderer.settings
        if settings.audio.samples is not None:
            sound = audio.fit(sound, settings.audio.samples, settings.audio.fit)
        elif len(sound) < settings.shortest:
            raise AudioError(
                f"{path}: {len(sound) / settings.audio.rate:.3f} s of sound are too short; "
                f"the model needs {settings.shortest / settings.audio.rate:.3f} s"
            )
        return self.renderer.draw(sound)

    def _windows(self, wave: Wave) -> Iterator[tuple[int, int]]:
        """Where windows with sound lie, in samples; the last ends with the recording."""
        size = round(self.window * self.renderer.settings.audio.rate)
        last = len(wave) - size
        starts = [*range(0, last, round(size * (1 - OVERLAP))), last]
        levels = [float(np.square(wave[start : start + size]).mean()) for start in starts]
        floor = max(levels) * 10 ** (-QUIET_DB / 10)
        for start, level in zip(starts, levels, strict=True):
            if level > floor:
                yield start, start + size

    def _told(self, item: Prepared, windows: Sequence[Window]) -> Heard:
        return Heard(
            emotions=tuple(self.package.emotions),
            odds=tuple(np.mean([window.odds for window in windows], axis=0).tolist()),
            seconds=item.seconds,
            sounding=item.sounding,
            windows=tuple(windows),
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recording that waits to be judged.

    Attributes:
        seconds: its length.
        sounding: what is left when the silence at its ends is cut.
        places: seconds at which each row begins and ends.
        rows: views, of the whole recording or of its windows with sound.
    """

    seconds: float
    sounding: float
    places: list[tuple[float, float]]
    rows: list[npt.NDArray[Any]]


def _windows(places: Sequence[tuple[float, float]], odds: Iterator[Odds]) -> list[Window]:
    return [Window(start, end, tuple(map(float, next(odds)))) for start, end in places]


def refuse_endless(path: Path, longest: float = LONGEST) -> None:
    """Stop before a recording is decoded that would fill memory.

    Raises:
        AudioError: its header tells of more than ``longest`` seconds, of more channels or a
            higher rate than recordings have, or not how long it is.
    """
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError, RuntimeError):
        return  # whoever decodes it says better what is wrong
    if info.frames >= UNKNOWN:
        raise AudioError(f"{path}: its header does not tell how long it is; save it again")
    if info.channels > CHANNELS or info.samplerate > RATE:
        raise AudioError(
            f"{path}: {info.channels} channels at {info.samplerate} Hz; up to {CHANNELS} channels "
            f"at {RATE} Hz are listened to; save it as one channel at 48000 Hz"
        )
    length = info.frames / info.samplerate
    if length > longest and not math.isclose(length, longest):
        raise AudioError(
            f"{path}: {length:.0f} s long, and {longest:.0f} s are listened to at most; cut it"
        )


def refuse_cut(path: Path) -> None:
    """Stop before the beginning of a recording is taken for all of it.

    Raises:
        AudioError: it is a WAV file whose header tells of more sound than there is.
    """
    try:
        file = path.open("rb")
    except OSError:
        return  # whoever decodes it says better what is wrong
    with file:
        size = os.fstat(file.fileno()).st_size
        if file.read(4) != b"RIFF":
            return
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, told = struct.unpack("<4sI", head)
            if name == b"data":
                there = size - file.tell()
                if there + told % 2 < told < UNTOLD:
                    raise AudioError(
                        f"{path}: its header tells of {told / 1e6:.1f} MB of sound, and "
                        f"{there / 1e6:.1f} MB are there; it was cut short, fetch it again"
                    )
                return
            file.seek(told + told % 2, os.SEEK_CUR)


def _named(emotions: Sequence[str], odds: Sequence[float]) -> dict[str, float]:
    return {emotion: round(odd, 6) for emotion, odd in zip(emotions, odds, strict=True)}
