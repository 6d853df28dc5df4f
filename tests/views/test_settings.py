"""What params.yaml may not say of a view, and the line that answers it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.errors import ConfigError
from tests.views.conftest import AUDIO, image, vector


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"fmax": 9000.0}, "fmax 9000 is above half the rate of 16000; take 8000 at most"),
        ({"fmin": 8000.0}, "fmin 8000 is not below fmax 8000"),
        ({"hop": 2000}, "hop 2000 skips samples of a window of 1024"),
        ({"n_fft": 1023}, "n_fft 1023 is odd; take 1024"),
        ({"height": 0}, "should be greater than 0"),
        ({"channels": "rgb"}, "channels 'rgb' needs a colour_map, such as magma"),
        ({"colour_map": "magma"}, "colour_map has no effect when channels is 'grey'"),
        ({"channels": "gray"}, "did you mean 'grey'?"),
        ({"widht": 64}, "widht is not a known key"),
        ({"audio": {"seconds": None}}, "audio.seconds: an image needs a length, such as 3.0"),
        ({"audio": {"normalise": "rms"}}, "normalise 'rms' needs an rms_db, such as -20.0"),
        ({"audio": {"rms_db": -20.0}}, "rms_db has no effect when normalise is 'none'"),
        ({"channels": "delta", "audio": {"seconds": 0.1}}, "a delta looks at 9 frames"),
        ({"augment": [{"kind": "echo"}]}, "'echo' is not allowed"),
    ],
)
def test_images_refuse(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as error:
        image("mel", **changes)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_inner_pauses_need_a_threshold() -> None:
    silence = {**AUDIO["silence"], "trim_db": None, "inner": True}
    with pytest.raises(ConfigError, match="inner pauses need a trim_db"):
        image("mel", {"silence": silence})


def test_an_stft_has_no_bands() -> None:
    with pytest.raises(ConfigError, match="bands is not a known key"):
        image("stft", bands=128)


def test_rich_needs_a_rate_for_its_contrast() -> None:
    with pytest.raises(ConfigError, match="too low for the spectral contrast"):
        vector({"rate": 8000}, features="rich")
