"""Sphinx's roles in docstrings as plain code, and one example as a section of examples."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object


def plain(text: str) -> str:
    """A docstring without roles.

    Example:
        >>> plain("see :func:`~pipeline.views.packed.open_view`, as in::")
        'see `open_view`, as in:'
    """
    text = re.sub(r":\w+:`~[\w.]*?(\w+)`", r"`\1`", text)
    text = re.sub(r":\w+:`([^`]+)`", r"`\1`", text)
    text = re.sub(r"^Example:$", "Examples:", text, flags=re.MULTILINE)
    return re.sub(r"::$", ":", text, flags=re.MULTILINE)


class Roles(Extension):
    """Rewrites every docstring as it is collected."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring:
            obj.docstring.value = plain(obj.docstring.value)
