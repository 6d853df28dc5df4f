"""What is wrong with a recording, said to the person who wants it predicted.

Stages say it to the curator of a corpus, who may leave a clip out; who predicts a recording
has only this one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.core.errors import AudioError, AudioProblem

LINES: Final[dict[AudioProblem, str]] = {
    "missing": "no such file; check its name and folder",
    "empty": "the file is empty; record it again, or export it again from where it was recorded",
    "undecodable": "not a recording that can be read{reason}; save it as WAV",
    "soundless": "holds no sound; record it again",
    "not-finite": "holds samples that are not finite; save it again as 16-bit WAV",
    "silent": "silent from beginning to end; check the microphone and record it again",
}
OBVIOUS: Final = "Format not recognised"
"""A reason that says no more than the line does."""


def to_predict(path: Path, error: AudioError) -> AudioError:
    """The same error for the person who predicts.

    Args:
        path: of the recording.
        error: as decoding raised it.

    Example:
        >>> path = Path("voice.txt")
        >>> found = AudioError("voice.txt: cannot be decoded", "undecodable", OBVIOUS)
        >>> print(to_predict(path, found))
        voice.txt: not a recording that can be read; save it as WAV
    """
    line = LINES.get(error.problem)
    if line is None:
        return error
    reason = f" ({error.reason})" if error.reason not in ("", OBVIOUS) else ""
    return AudioError(f"{path}: {line.format(reason=reason)}", error.problem, error.reason)
