"""Settings of views: how a recording becomes an image or a row of numbers.

A section of params.yaml looks so; every value is written, none is implied::

    views:
      ravdess-mel:
        kind: mel
        dataset: ravdess
        audio:
          rate: 16000
          resampler: HQ
          silence: {trim_db: 40.0, inner: false, frame: 2048, hop: 512}
          normalise: none
          rms_db: null
          seconds: 3.0
          fit: centre
        n_fft: 1024
        hop: 376
        bands: 128
        fmin: 0.0
        fmax: 8000.0
        top_db: 80.0
        height: 128
        width: 128
        channels: grey
        colour_map: null
        scale: clip
        augment: []
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from pipeline.config.base import Settings

DELTA_WIDTH = 9
"""Frames that a delta looks at: librosa's own default."""

RICH_RATE = 12_800
"""Above this rate all bands of the spectral contrast lie below the Nyquist frequency."""


class SilenceSettings(Settings):
    """What counts as silence, as in ``librosa.effects.trim``.

    Attributes:
        trim_db: frames this far below the loudest are silent; null keeps everything.
        inner: whether pauses between words go too, not the two ends alone.
        frame: samples of a frame.
        hop: samples from one frame to the next.
    """

    trim_db: PositiveFloat | None
    inner: bool
    frame: Annotated[int, Field(ge=2)]
    hop: PositiveInt

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.inner and self.trim_db is None:
            raise ValueError("inner pauses need a trim_db, such as 40.0")
        if self.hop > self.frame:
            raise ValueError(f"hop {self.hop} skips samples of a frame of {self.frame}")
        return self


class AudioSettings(Settings):
    """How a recording is prepared, in the order of the steps.

    Attributes:
        rate: samples a second after resampling.
        resampler: soxr's quality, quick to very high; ``HQ`` is librosa's default.
        silence: what is cut away.
        normalise: level after the cut: as recorded, highest sample 1, or an RMS.
        rms_db: that RMS, dB of full scale; null unless ``normalise`` is ``rms``.
        seconds: length that every clip is brought to; null keeps each clip's own.
        fit: how: crop or pad around the ``centre``, ``repeat`` and crop, or ``pad``
            and crop at the end.
    """

    rate: Annotated[int, Field(ge=1000, le=192_000)]
    resampler: Literal["QQ", "LQ", "MQ", "HQ", "VHQ"]
    silence: SilenceSettings
    normalise: Literal["none", "peak", "rms"]
    rms_db: Annotated[float, Field(le=0)] | None
    seconds: PositiveFloat | None
    fit: Literal["centre", "repeat", "pad"]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.normalise == "rms" and self.rms_db is None:
            raise ValueError("normalise 'rms' needs an rms_db, such as -20.0")
        if self.normalise != "rms" and self.rms_db is not None:
            raise ValueError(
                f"rms_db has no effect when normalise is {self.normalise!r}; write null"
            )
        return self

    @property
    def samples(self) -> int | None:
        """Samples that every clip is brought to."""
        return None if self.seconds is None else round(self.seconds * self.rate)


class NoisePlane(Settings):
    """White noise at a ratio of signal to noise."""

    kind: Literal["noise"]
    snr_db: float


class ShiftPlane(Settings):
    """A move in time, drawn evenly from minus to plus ``seconds``."""

    kind: Literal["shift"]
    seconds: PositiveFloat


class StretchPlane(Settings):
    """A change of speed that keeps the pitch; above 1 is faster."""

    kind: Literal["stretch"]
    factor: Annotated[float, Field(ge=0.25, le=4)]


class PitchPlane(Settings):
    """A change of pitch that keeps the speed."""

    kind: Literal["pitch"]
    semitones: Annotated[float, Field(ge=-24, le=24)]


Augmentation = Annotated[
    NoisePlane | ShiftPlane | StretchPlane | PitchPlane, Field(discriminator="kind")
]


class _ViewSettings(Settings):
    """What all views share.

    Attributes:
        dataset: name in the section ``datasets``.
        audio: how the wave is prepared.
        augment: a changed copy of every clip, for training, per entry.
    """

    dataset: str
    audio: AudioSettings
    augment: tuple[Augmentation, ...]


class _SpectralSettings(_ViewSettings):
    """What views of spectra share.

    Attributes:
        n_fft: samples of a window.
        hop: samples from one window to the next.
    """

    n_fft: Annotated[int, Field(ge=16, le=65_536)]
    hop: PositiveInt

    @property
    def shortest(self) -> int:
        """Samples below which there is nothing to look at."""
        return self.n_fft

    @model_validator(mode="after")
    def _windows(self) -> Self:
        if self.n_fft % 2:
            raise ValueError(f"n_fft {self.n_fft} is odd; take {self.n_fft + 1}")
        if self.hop > self.n_fft:
            raise ValueError(f"hop {self.hop} skips samples of a window of {self.n_fft}")
        return self


class ImageViewSettings(_SpectralSettings):
    """What both kinds of image share.

    Attributes:
        fmin: lowest frequency shown, Hz.
        fmax: highest frequency shown, Hz.
        top_db: depth of the picture: what is quieter is black.
        height: rows of the image.
        width: columns of the image.
        channels: ``grey`` (height, width), ``rgb`` through a colour map, or
            ``delta``: the image, its slope and its curvature over time, both
            (3, height, width).
        colour_map: matplotlib's name of it; null unless ``channels`` is ``rgb``.
        scale: what white is: the loudest point of the ``clip``, or of the
            training clips of the ``dataset``.
    """

    fmin: NonNegativeFloat
    fmax: PositiveFloat
    top_db: PositiveFloat
    height: PositiveInt
    width: PositiveInt
    channels: Literal["grey", "rgb", "delta"]
    colour_map: str | None
    scale: Literal["clip", "dataset"]

    @model_validator(mode="after")
    def _image(self) -> Self:
        if self.audio.samples is None:
            raise ValueError("audio.seconds: an image needs a length, such as 3.0")
        if self.fmax > self.audio.rate / 2:
            raise ValueError(
                f"fmax {self.fmax:g} is above half the rate of {self.audio.rate}; "
                f"take {self.audio.rate / 2:g} at most"
            )
        if self.fmin >= self.fmax:
            raise ValueError(f"fmin {self.fmin:g} is not below fmax {self.fmax:g}")
        if self.channels == "rgb" and self.colour_map is None:
            raise ValueError("channels 'rgb' needs a colour_map, such as magma")
        if self.channels != "rgb" and self.colour_map is not None:
            raise ValueError(
                f"colour_map has no effect when channels is {self.channels!r}; write null"
            )
        if self.scale == "dataset" and self.channels != "grey":
            raise ValueError(f"scale 'dataset' needs channels grey, not {self.channels!r}")
        if self.channels == "delta" and self.frames < DELTA_WIDTH:
            raise ValueError(
                f"a delta looks at {DELTA_WIDTH} frames and the clip has {self.frames}; lower hop"
            )
        return self

    @property
    def frames(self) -> int:
        """Windows in a clip, before the image is resized to its width."""
        return 1 + (self.audio.samples or 0) // self.hop


class MelViewSettings(ImageViewSettings):
    """A log-mel image.

    Attributes:
        bands: mel bands between ``fmin`` and ``fmax``, before the image is resized.
    """

    kind: Literal["mel"]
    bands: PositiveInt


class StftViewSettings(ImageViewSettings):
    """A log-power image of the Fourier transform itself."""

    kind: Literal["stft"]


class VectorViewSettings(_SpectralSettings):
    """A row of numbers; :mod:`pipeline.views.vector` names each.

    Attributes:
        features: ``basic`` for 180 means, ``rich`` for 393 figures.
    """

    kind: Literal["vector"]
    features: Literal["basic", "rich"]

    @model_validator(mode="after")
    def _rate(self) -> Self:
        if self.features == "rich" and self.audio.rate <= RICH_RATE:
            raise ValueError(
                f"audio.rate {self.audio.rate} is too low for the spectral contrast of "
                f"'rich'; take 16000, or features: basic"
            )
        return self


class SpeechViewSettings(_ViewSettings):
    """Layers of a pretrained speech encoder; see :mod:`pipeline.views.encoders`.

    Attributes:
        encoder: its name on the Hugging Face Hub, or a folder that holds it.
        revision: the Hub's commit; null for a folder.
    """

    kind: Literal["speech"]
    encoder: str
    revision: str | None

    @property
    def shortest(self) -> int:
        """Samples below which there is nothing to hear: a fortieth of a second."""
        return self.audio.rate // 40


ViewSettings = Annotated[
    MelViewSettings | StftViewSettings | VectorViewSettings | SpeechViewSettings,
    Field(discriminator="kind"),
]
