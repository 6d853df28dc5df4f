"""Layers of a pretrained speech encoder for a recording, each averaged over time.

wav2vec 2.0, HuBERT and WavLM take the wave itself. Whisper takes a log-mel spectrogram that
is padded to 30 s, AST one that is padded to about 10 s: what stands for padding is left out
of the mean. The encoder is frozen; a network of the family ``layers`` learns the weights of
its layers.
"""

from __future__ import annotations

import hashlib
import importlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.config.views import SpeechViewSettings
from pipeline.core.errors import AudioError, ViewError
from pipeline.core.machine import device
from pipeline.views.audio import Wave

Floats = npt.NDArray[np.float32]

SPECIAL: Final = 2
"""Tokens of AST that stand for no part of the spectrogram."""


class SpeechEncoder:
    """A frozen encoder.

    Attributes:
        settings: of the view.
        shape: layers, with what goes into the first, x their width.
    """

    def __init__(self, settings: SpeechViewSettings) -> None:
        """Load the encoder, from the Hub's cache, the Hub, or a folder.

        Raises:
            ViewError: transformers is not installed, the encoder cannot be loaded or is of no
                known kind, or it takes another rate.
        """
        self.settings = settings
        library = _library()
        config = _config(settings)
        self._kind = str(config.model_type)
        self.shape = _shape(config)
        self._extractor = _load(settings, library.AutoFeatureExtractor)
        if self._extractor.sampling_rate != settings.audio.rate:
            raise ViewError(
                f"{settings.encoder} takes {self._extractor.sampling_rate} Hz and audio.rate is "
                f"{settings.audio.rate}; write audio.rate: {self._extractor.sampling_rate}"
            )
        model = _load(settings, library.AutoModel)
        self._model = (
            (model.get_encoder() if self._kind == "whisper" else model).to(device()).eval()
        )
        self._config = config

    def row(self, wave: Wave) -> Floats:
        """The mean of each layer over what stands for sound.

        Raises:
            AudioError: the recording is longer than the encoder takes.
        """
        given = self._extractor(wave, sampling_rate=self.settings.audio.rate, return_tensors="pt")
        limit = _limit(self._kind, self._extractor)
        if limit is not None and len(wave) > limit:
            rate = self.settings.audio.rate
            raise AudioError(
                f"{len(wave) / rate:.1f} s are more than the {limit / rate:.1f} s that "
                f"{self.settings.encoder} takes; give the view a length in seconds"
            )
        with torch.inference_mode():
            states = self._model(
                **{name: value.to(device()) for name, value in given.items()},
                output_hidden_states=True,
            ).hidden_states
        unpadded = SOUND[self._kind]
        means = [
            unpadded(state[0], len(wave), self._config, self._extractor).mean(dim=0)
            for state in states
        ]
        rows: Floats = torch.stack(means).float().cpu().numpy()
        return rows

    def about(self) -> dict[str, Any]:
        """What the encoder was: its name, kind and a hash of its weights."""
        digest = hashlib.sha256()
        for name, value in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.cpu().contiguous().view(torch.uint8).numpy().tobytes())
        return {
            "encoder": self.settings.encoder,
            "revision": self.settings.revision,
            "kind": self._kind,
            "weights": digest.hexdigest(),
            "transformers": _library().__version__,
        }


def shape(settings: SpeechViewSettings) -> tuple[int, int]:
    """Layers x width of an encoder, without loading its weights.

    Raises:
        ViewError: as for :class:`SpeechEncoder`.
    """
    return _shape(_config(settings))


def _everything(state: Tensor, samples: int, config: Any, extractor: Any) -> Tensor:
    """Frames of a wave that was not padded."""
    return state


def _beginning(state: Tensor, samples: int, config: Any, extractor: Any) -> Tensor:
    """Whisper's frames before the padding; its second convolution halves their number."""
    return state[: max(1, math.ceil(samples / extractor.hop_length / 2))]


def _patches(state: Tensor, samples: int, config: Any, extractor: Any) -> Tensor:
    """AST's patches before the padding: all bands of a moment, moment after moment."""
    bands = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1
    grid = state[SPECIAL:].reshape(bands, -1, state.shape[-1])
    frames = samples / (extractor.sampling_rate / 100)
    moments = math.ceil((frames - config.patch_size) / config.time_stride) + 1
    return grid[:, : max(1, moments)].flatten(0, 1)


SOUND: Final[dict[str, Callable[[Tensor, int, Any, Any], Tensor]]] = {
    "wav2vec2": _everything,
    "hubert": _everything,
    "wavlm": _everything,
    "whisper": _beginning,
    "audio-spectrogram-transformer": _patches,
}
"""Which part of a layer stands for sound, by what transformers calls the encoder's kind."""


def _limit(kind: str, extractor: Any) -> int | None:
    """Samples that an encoder takes at most."""
    if kind == "whisper":
        return int(extractor.n_samples)
    if kind == "audio-spectrogram-transformer":
        return int(extractor.max_length * extractor.sampling_rate / 100)
    return None


def _library() -> Any:
    try:
        return importlib.import_module("transformers")
    except ImportError:
        raise ViewError(
            "views of kind speech need transformers; install it with: make speech"
        ) from None


def _config(settings: SpeechViewSettings) -> Any:
    config = _load(settings, _library().AutoConfig)
    if config.model_type not in SOUND:
        raise ViewError(
            f"{settings.encoder}: {config.model_type} is no known kind of encoder; "
            f"known are {', '.join(SOUND)}"
        )
    return config


def _shape(config: Any) -> tuple[int, int]:
    if config.model_type == "whisper":
        return config.encoder_layers + 1, config.d_model
    return config.num_hidden_layers + 1, config.hidden_size


def _load(settings: SpeechViewSettings, kind: Any) -> Any:
    """A part of the encoder, from a folder or from the Hub."""
    name, revision = settings.encoder, settings.revision
    if revision is None and not Path(name).is_dir():
        raise ViewError(
            f"{name}: no such folder; correct views.….encoder, or write the revision of an "
            "encoder of the Hub"
        )
    where = {} if revision is None else {"revision": revision}
    try:
        return kind.from_pretrained(name, **where)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ViewError(
            f"{name}: the encoder cannot be loaded ({reason}); fetch it elsewhere with: "
            f"hf download {name} --local-dir FOLDER, and write encoder: FOLDER, revision: null"
        ) from None
