"""Colour maps as tables: a grey level in, red, green and blue out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.config.base import nearest
from pipeline.core.errors import ViewError

Bytes = npt.NDArray[np.uint8]


def table(name: str) -> Bytes:
    """The colours of matplotlib's map of that name: (3, 256).

    Example:
        >>> table("magma")[:, 255]
        array([251, 252, 191], dtype=uint8)

    Raises:
        ViewError: there is no such map.
    """
    import matplotlib

    if name not in matplotlib.colormaps:
        raise ViewError(f"colour_map: {name!r} is not there; {nearest(name, matplotlib.colormaps)}")
    colours = matplotlib.colormaps[name](np.arange(256) / 255, bytes=True)
    return np.ascontiguousarray(colours[:, :3].T)


def paint(grey: Bytes, colours: Bytes) -> Bytes:
    """Look every grey level up in a table: (height, width) to (3, height, width).

    Example:
        >>> paint(np.zeros((2, 4), np.uint8), table("magma")).shape
        (3, 2, 4)
    """
    painted: Bytes = np.take(colours, grey, axis=1)
    return painted
