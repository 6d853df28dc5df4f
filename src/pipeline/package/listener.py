"""From a recording to probabilities: the steps of training, then the package.

A recording that is not much longer than what a network sees is predicted whole, exactly as
clips are in training and in tests. A longer one is predicted window by window; its
probabilities are the mean over the windows that are not silent.
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

from pipeline.core.errors import AudioError
from pipeline.corpora import media
from pipeline.package import advice
from pipeline.package.calibration import Probabilities
from pipeline.package.package import Package
from pipeline.views import audio
from pipeline.views.audio import Wave
from pipeline.views.renderer import Renderer

WINDOW: Final = 3.0
"""Seconds of a window where the view itself has no length."""
OVERLAP: Final = 0.5
"""Share of a window that the next one covers again."""
WHOLE: Final = 2.0
"""Windows up to which a recording is predicted whole."""
QUIET_DB: Final = 35.0
"""A window that is so much quieter than the loudest counts as silence."""
SHORTEST: Final = 0.1
"""Seconds of sound that a recording has at least."""
LONGEST: Final = 3600.0
"""Seconds of a recording at most."""
CHANNELS: Final = 8
RATE: Final = 192_000
"""Hertz of a recording at most."""
UNKNOWN_FRAMES: Final = 1 << 62
"""Frames that a decoder gives where the header says no length."""
UNKNOWN_BYTES: Final = 0x7FFFF000
"""Bytes from which on a WAV header says that its writer did not know the length."""
BATCH: Final = 8
"""Windows that are predicted at once where they are given one by one."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a recording.

    Attributes:
        start: seconds from its beginning.
        end: seconds from its beginning.
        probabilities: of the emotions, in the package's order.
    """

    start: float
    end: float
    probabilities: tuple[float, ...]

    def as_dict(self, emotions: Sequence[str]) -> dict[str, Any]:
        """As plain data, probabilities by emotion."""
        return {
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "probabilities": _named(emotions, self.probabilities),
        }


@dataclass(frozen=True, slots=True)
class Prediction:
    """The probabilities of a recording's emotions.

    Attributes:
        emotions: the classes.
        probabilities: of the emotions, in this order; their sum is 1.
        seconds: the recording's length.
        sounding: seconds that are left when the silence at its ends is cut.
        windows: of a long recording, in order, without silent ones; otherwise one.
    """

    emotions: tuple[str, ...]
    probabilities: tuple[float, ...]
    seconds: float
    sounding: float
    windows: tuple[Window, ...]

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return self.emotions[int(np.argmax(self.probabilities))]

    @property
    def confidence(self) -> float:
        """The probability of the most probable emotion."""
        return max(self.probabilities)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, probabilities by emotion."""
        return {
            "emotion": self.emotion,
            "confidence": round(self.confidence, 6),
            "probabilities": _named(self.emotions, self.probabilities),
            "seconds": round(self.seconds, 3),
            "sounding": round(self.sounding, 3),
            "windows": [window.as_dict(self.emotions) for window in self.windows],
        }


class Listener:
    """Predicts recordings with a package.

    Attributes:
        package: that predicts rows.
        longest: seconds of a recording at most.
        renderer: from a recording to the rows of the package's view.
    """

    def __init__(self, package: Package, longest: float = LONGEST) -> None:
        """Make the renderer of the package's view.

        Args:
            package: that predicts rows.
            longest: seconds of a recording at most.
        """
        self.package = package
        self.longest = longest
        self.renderer = Renderer(package.about.view_settings)

    @property
    def window(self) -> float:
        """Seconds of a window."""
        return self.renderer.settings.audio.seconds or WINDOW

    def predict(self, path: Path) -> Prediction:
        """The probabilities of a recording's emotions.

        Raises:
            AudioError: it cannot be decoded, is silent, too short or too long.
        """
        (prediction,) = self.predict_many([path])
        if isinstance(prediction, AudioError):
            raise prediction
        return prediction

    def predict_many(self, paths: Sequence[Path]) -> list[Prediction | AudioError]:
        """The predictions of recordings, in order; an unusable one gives its error instead."""
        prepared: list[Prepared | AudioError] = []
        for path in paths:
            try:
                prepared.append(self.prepare(path))
            except AudioError as error:
                prepared.append(error)
        rows = [row for item in prepared if isinstance(item, Prepared) for row in item.rows]
        each = iter(self.package.predict_proba(np.stack(rows)) if rows else ())
        return [
            item
            if isinstance(item, AudioError)
            else self._prediction(item, _windows(item.places, each))
            for item in prepared
        ]

    def stream(self, path: Path) -> Iterator[Window | Prediction]:
        """The windows of a recording as they are predicted, and at last the whole prediction.

        Raises:
            AudioError: as in :meth:`predict`, before anything is given.
        """
        item = self.prepare(path)
        windows: list[Window] = []
        for start in range(0, len(item.rows), BATCH):
            each = self.package.predict_proba(np.stack(item.rows[start : start + BATCH]))
            some = _windows(item.places[start : start + BATCH], iter(each))
            windows += some
            yield from some
        yield self._prediction(item, windows)

    def predict_prepared(self, item: Prepared) -> Prediction:
        """The prediction of a prepared recording."""
        each = self.package.predict_proba(np.stack(item.rows))
        return self._prediction(item, _windows(item.places, iter(each)))

    def of_fold(self, fold: int) -> Listener:
        """A listener with only the runs that tested a fold, and so did not train on its clips."""
        runs = tuple(run for run in self.package.runs if run.about.fold == fold)
        other = copy.copy(self)
        other.package = replace(self.package, runs=runs)
        return other

    def prepare(self, path: Path) -> Prepared:
        """The views of a recording: one, or one for each window with sound.

        Raises:
            AudioError: as in :meth:`predict`.
        """
        check_length(path, self.longest)
        check_complete(path)
        settings = self.renderer.settings.audio
        try:
            wave = audio.load(path, settings)
        except AudioError as error:
            raise advice.to_predict(path, error) from None
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

    def _prediction(self, item: Prepared, windows: Sequence[Window]) -> Prediction:
        probabilities = np.mean([window.probabilities for window in windows], axis=0)
        return Prediction(
            emotions=tuple(self.package.emotions),
            probabilities=tuple(probabilities.tolist()),
            seconds=item.seconds,
            sounding=item.sounding,
            windows=tuple(windows),
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recording, ready to be predicted.

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


def _windows(
    places: Sequence[tuple[float, float]], probabilities: Iterator[Probabilities]
) -> list[Window]:
    return [Window(start, end, tuple(map(float, next(probabilities)))) for start, end in places]


def check_length(path: Path, longest: float = LONGEST) -> None:
    """Refuse a recording that would fill memory, before it is decoded.

    Args:
        path: of the recording.
        longest: seconds at most.

    Raises:
        AudioError: its header says more than ``longest`` seconds, more channels or a higher
            rate than recordings have, or no length.
    """
    found = _header(path) or _decoded_length(path, longest)
    if found is None:
        return  # the decoder says better what is wrong
    channels, rate, length = found
    if length is None:
        raise AudioError(f"{path}: its header does not say how long it is; save it again")
    if channels > CHANNELS or rate > RATE:
        raise AudioError(
            f"{path}: {channels} channels at {rate} Hz; up to {CHANNELS} channels "
            f"at {RATE} Hz are taken; save it as one channel at 48000 Hz"
        )
    if length > longest and not math.isclose(length, longest):
        raise AudioError(
            f"{path}: {length:.0f} s long, and {longest:.0f} s are taken at most; cut it"
        )


def _header(path: Path) -> tuple[int, int, float | None] | None:
    """Channels, rate and seconds by a header that libsndfile reads."""
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError, RuntimeError):
        return None
    seconds = None if info.frames >= UNKNOWN_FRAMES else info.frames / info.samplerate
    return info.channels, info.samplerate, seconds


def _decoded_length(path: Path, longest: float) -> tuple[int, int, float] | None:
    """The same of other formats, by decoding: browsers write headers without a length."""
    if media.container(path) is None:
        return None
    try:
        sound, seconds = media.measure(path, longest)
    except (media.MediaError, OSError):
        return None
    return sound.channels, sound.rate, seconds


def check_complete(path: Path) -> None:
    """Refuse a WAV file that was cut short: its beginning is not the recording.

    Raises:
        AudioError: its header says more bytes of sound than there are.
    """
    try:
        file = path.open("rb")
    except OSError:
        return  # the decoder says better what is wrong
    with file:
        total = os.fstat(file.fileno()).st_size
        if file.read(4) != b"RIFF":
            return
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                there = total - file.tell()
                if there + size % 2 < size < UNKNOWN_BYTES:
                    raise AudioError(
                        f"{path}: its header says {size / 1e6:.1f} MB of sound, and "
                        f"{there / 1e6:.1f} MB are there; it was cut short; copy or record it again"
                    )
                return
            file.seek(size + size % 2, os.SEEK_CUR)


def _named(emotions: Sequence[str], probabilities: Sequence[float]) -> dict[str, float]:
    return {emotion: round(p, 6) for emotion, p in zip(emotions, probabilities, strict=True)}
