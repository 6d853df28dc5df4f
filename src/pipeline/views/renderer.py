"""The one way from files to views: the same bytes in whatever batch, order or process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline.config.views import Augmentation, SpeechViewSettings, VectorViewSettings, ViewSettings
from pipeline.core.errors import AudioError, ViewError
from pipeline.views import audio, augmentation
from pipeline.views.audio import Wave
from pipeline.views.spectrogram import Span, Spectrogram
from pipeline.views.vector import Vector

if TYPE_CHECKING:
    from pipeline.views.encoders import SpeechEncoder


class Renderer:
    """Makes the views of one entry of ``views``; built once per process.

    Clips go through one by one, so that no clip can touch another: a clip's hundred
    windows are already one transform. Call ``torch.set_num_threads(1)`` in processes
    that share a machine.

    Attributes:
        settings: the entry of params.yaml.
        span: decibels that are black and white when the scale is the dataset's.
        encoder: of a view of kind speech.
        shape: of one view.
        dtype: uint8 for images, float32 for numbers.
    """

    def __init__(self, settings: ViewSettings, *, span: Span | None = None) -> None:
        self.settings = settings
        self.span = span
        self.dtype: np.dtype[Any]
        self.shape: tuple[int, ...]
        self.encoder: SpeechEncoder | None = None
        self._numbers: Vector | SpeechEncoder | None = None
        self._spectrogram: Spectrogram | None = None
        if isinstance(settings, VectorViewSettings):
            self._numbers = Vector(settings)
        elif isinstance(settings, SpeechViewSettings):
            from pipeline.views.encoders import SpeechEncoder

            self._numbers = self.encoder = SpeechEncoder(settings)
        else:
            self._spectrogram = Spectrogram(settings)
        source = self._numbers or self._image()
        self.shape, self.dtype = source.shape, np.dtype(np.float32 if self._numbers else np.uint8)

    def render(
        self,
        path: Path,
        *,
        plane: Augmentation | None = None,
        seed: int = 0,
        clip: str | None = None,
    ) -> npt.NDArray[Any]:
        """The view of a file.

        Args:
            path: the recording.
            plane: an entry of ``augment`` to apply, or none for the recording itself.
            seed: the view's seed; matters to planes that draw.
            clip: the clip's id, by default the file's name; matters to the same.

        Raises:
            AudioError: the file cannot be used.
            ViewError: the scale is the dataset's and no span was given.
        """
        return self.draw(self._sound(path, plane, seed, clip))

    def render_with_level(
        self,
        path: Path,
        *,
        plane: Augmentation | None = None,
        seed: int = 0,
        clip: str | None = None,
    ) -> tuple[npt.NDArray[Any], float]:
        """The view of a file on the clip's own scale, and its loudest point in decibels.

        With both, images can be brought to a common scale once a split says which
        clips may decide it.

        Raises:
            AudioError: the file cannot be used.
            ViewError: this is no view of images.
        """
        spectrogram = self._image()
        return spectrogram.image_with_level(self._sound(path, plane, seed, clip))

    def _sound(self, path: Path, plane: Augmentation | None, seed: int, clip: str | None) -> Wave:
        """The prepared wave, changed by a plane where there is one."""
        sound = audio.trim(audio.load(path, self.settings.audio), self.settings.audio)
        if plane is None:
            return self._fitted(sound, path)
        rng = augmentation.generator(seed, clip or path.stem, plane)
        rate = self.settings.audio.rate
        sound = self._fitted(augmentation.before_fit(sound, plane, rng, rate), path)
        return augmentation.after_fit(sound, plane, rng, rate)

    def render_many(self, paths: Sequence[Path]) -> list[npt.NDArray[Any] | AudioError]:
        """The views of files, in order; an unusable file gives its error in its place."""
        views: list[npt.NDArray[Any] | AudioError] = []
        for path in paths:
            try:
                views.append(self.render(path))
            except AudioError as error:
                views.append(error)
        return views

    def wave(self, path: Path) -> tuple[Wave, Wave]:
        """The wave at the view's rate, before and after silence is cut, for pictures."""
        before = audio.load(path, self.settings.audio)
        return before, audio.cut_silence(before, self.settings.audio.silence)

    def draw(self, wave: Wave) -> npt.NDArray[Any]:
        """The view of a wave that is prepared already."""
        if self._numbers is not None:
            return self._numbers.row(wave)
        return self._image().image(wave, self._needed_span())

    def measure_span(self, paths: Iterable[Path]) -> Span:
        """The span for a dataset's scale: its loudest point, and ``top_db`` below it.

        Args:
            paths: training clips alone, or test clips would change the scale.

        Raises:
            ViewError: there are no paths.
        """
        spectrogram = self._image()
        loudest = [float(spectrogram.db_image(self._prepared(path)).max()) for path in paths]
        if not loudest:
            raise ViewError("the dataset's scale cannot be measured without clips")
        return max(loudest) - spectrogram.settings.top_db, max(loudest)

    def _prepared(self, path: Path) -> Wave:
        settings = self.settings.audio
        return self._fitted(audio.trim(audio.load(path, settings), settings), path)

    def _fitted(self, sound: Wave, path: Path) -> Wave:
        settings = self.settings.audio
        if settings.samples is not None:
            return audio.fit(sound, settings.samples, settings.fit)
        least = self.settings.shortest
        if len(sound) < least:
            lower = "" if self.encoder else "lower n_fft, "
            raise AudioError(
                f"{path}: {len(sound) / settings.rate:.3f} s of sound is less than one window "
                f"of {least / settings.rate:.3f} s; {lower}give the view a "
                f"length in seconds, or leave it out"
            )
        return sound

    def _image(self) -> Spectrogram:
        if self._spectrogram is None:
            raise ViewError("a view of numbers has no image")
        return self._spectrogram

    def _needed_span(self) -> Span | None:
        if self._image().settings.scale == "clip":
            return None
        if self.span is None:
            raise ViewError(
                "scale 'dataset' needs the span of the training clips; measure it first"
            )
        return self.span
