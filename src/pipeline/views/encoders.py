"""What a pretrained speech encoder makes of a recording: each of its layers, meant over time.

wav2vec 2.0, HuBERT and WavLM hear the wave itself. Whisper hears a log-mel picture that is
padded to 30 s, AST one that is padded to about 10 s: what stands for padding is left out of
the mean. The encoder is frozen; a network of the family ``layers`` learns which of its
layers to listen to.
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
"""Tokens of AST that stand for no part of the picture."""


class Speech:
    """A frozen encoder.

    Attributes:
        settings: of the view.
        shape: layers, with what goes into the first, x their width.
    """

    def __init__(self, settings: SpeechViewSettings) -> None:
        """Load the encoder, from the Hub's cache, the Hub, or a folder.

        Raises:
            ViewError: transformers is not installed, the encoder cannot be had or is of no
                known kind, or it hears another rate.
        """
        self.settings = settings
        library = _library()
        config = _config(settings)
        self._kind = str(config.model_type)
        self.shape = _shape(config)
        self._ears = _had(settings, library.AutoFeatureExtractor)
        if self._ears.sampling_rate != settings.audio.rate:
            raise ViewError(
                f"{settings.encoder} hears {self._ears.sampling_rate} Hz and audio.rate is "
                f"{settings.audio.rate}; write audio.rate: {self._ears.sampling_rate}"
            )
        model = _had(settings, library.AutoModel)
        self._model = (
            (model.get_encoder() if self._kind == "whisper" else model).to(device()).eval()
        )
        self._config = config

    def row(self, wave: Wave) -> Floats:
        """The mean of each layer over what stands for sound.

        Raises:
            AudioError: the recording is longer than the encoder can hear.
        """
        given = self._ears(wave, sampling_rate=self.settings.audio.rate, return_tensors="pt")
        limit = _limit(self._kind, self._ears)
        if limit is not None and len(wave) > limit:
            rate = self.settings.audio.rate
            raise AudioError(
                f"{len(wave) / rate:.1f} s are more than the {limit / rate:.1f} s that "
                f"{self.settings.encoder} hears; give the view a length in seconds"
            )
        with torch.inference_mode():
            states = self._model(
                **{name: value.to(device()) for name, value in given.items()},
                output_hidden_states=True,
            ).hidden_states
        heard = SOUND[self._kind]
        means = [
            heard(state[0], len(wave), self._config, self._ears).mean(dim=0) for state in states
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
        ViewError: as for :class:`Speech`.
    """
    return _shape(_config(settings))


def _everything(state: Tensor, samples: int, config: Any, ears: Any) -> Tensor:
    """Frames of a wave that was not padded."""
    return state


def _beginning(state: Tensor, samples: int, config: Any, ears: Any) -> Tensor:
    """Whisper's frames before the padding; its second convolution halves their number."""
    return state[: max(1, math.ceil(samples / ears.hop_length / 2))]


def _patches(state: Tensor, samples: int, config: Any, ears: Any) -> Tensor:
    """AST's patches before the padding: all bands of a moment, moment after moment."""
    bands = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1
    grid = state[SPECIAL:].reshape(bands, -1, state.shape[-1])
    frames = samples / (ears.sampling_rate / 100)
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


def _limit(kind: str, ears: Any) -> int | None:
    """Samples that an encoder hears at most."""
    if kind == "whisper":
        return int(ears.n_samples)
    if kind == "audio-spectrogram-transformer":
        return int(ears.max_length * ears.sampling_rate / 100)
    return None


def _library() -> Any:
    try:
        return importlib.import_module("transformers")
    except ImportError:
        raise ViewError(
            "views of kind speech need transformers; install it with: make speech"
        ) from None


def _config(settings: SpeechViewSettings) -> Any:
    config = _had(settings, _library().AutoConfig)
    if config.model_type not in SOUND:
        raise ViewError(
            f"{settings.encoder}: {config.model_type} is no encoder that is known here; "
            f"known are {', '.join(SOUND)}"
        )
    return config


def _shape(config: Any) -> tuple[int, int]:
    if config.model_type == "whisper":
        return config.encoder_layers + 1, config.d_model
    return config.num_hidden_layers + 1, config.hidden_size


def _had(settings: SpeechViewSettings, kind: Any) -> Any:
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
            f"{name}: the encoder cannot be had ({reason}); fetch it elsewhere with: "
            f"hf download {name} --local-dir FOLDER, and write encoder: FOLDER, revision: null"
        ) from None
