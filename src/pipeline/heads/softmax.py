"""The network's own probabilities; nothing is fitted."""

from __future__ import annotations

from typing import Final, Literal

from pipeline.heads.settings import HeadSettings


class SoftmaxSettings(HeadSettings):
    """Settings of the network's own probabilities: there are none."""

    kind: Literal["softmax"]


SETTINGS: Final = SoftmaxSettings
