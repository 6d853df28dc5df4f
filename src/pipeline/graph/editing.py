"""Editing a params.yaml a line at a time, so that comments, anchors and layout stay.

``dvc exp run -S`` writes the whole file in a layout of its own and writes out what entries
take over from others by ``<<``. Here one value is replaced where it stands, or one entry is
added, and the result is checked with all other files before it is written.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from pipeline.config.base import unknown
from pipeline.config.folders import INPUTS, recipe_files
from pipeline.config.yaml12 import Loader
from pipeline.core.errors import ConfigError
from pipeline.core.storage import atomic_write

MERGE: Final = "<<"
ANCHOR: Final = re.compile(r"&\S+[ \t]+")


def flow(value: Any) -> str:
    """A value as YAML on one line.

    Example:
        >>> flow({"kind": "augmented", "copies": 2}), flow(None), flow(0.5), flow("a: b")
        ('{kind: augmented, copies: 2}', 'null', '0.5', "'a: b'")
    """
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("\n").removesuffix("\n...")


def with_value(text: str, keys: Sequence[str], value: Any, path: Path) -> str:
    r"""The text of a params file in which one value is another.

    A value that an entry takes over from another by ``<<`` is written into the entry itself.

    Args:
        text: of the file.
        keys: the way to the value.
        value: what it shall be.
        path: of the file, for messages.

    Raises:
        ConfigError: there is no such key, or it cannot be replaced on its line.

    Example:
        >>> text = "networks:\n  small: {width: 16, dropout: 0.4}   # of images\n"
        >>> with_value(text, ["networks", "small", "width"], 32, Path("params.yaml"))
        'networks:\n  small: {width: 32, dropout: 0.4}   # of images\n'
    """
    node: Any = yaml.compose(text, Loader)
    name = ".".join(keys)
    for depth, key in enumerate(keys):
        found = _entry(node, key)
        last = depth == len(keys) - 1
        if found is None:
            if last and _merges(node):
                return _with_key(text, node, key, flow(value))
            known = [item.value for item, _ in node.value] if _is_mapping(node) else []
            where = ".".join(keys[:depth]) or "sections"
            raise ConfigError(f"{path}: {unknown(key, known, where)}")
        head, node = found
        if _is_alias(text, head) and not last:
            raise ConfigError(
                f"{path}: {name}: {'.'.join(keys[: depth + 1])} is another entry's; write it out "
                "by hand first"
            )
    return _replaced(text, head, node, flow(value), f"{path}: {name}")


def with_entry(text: str, section: str, name: str, entry: Mapping[str, Any], path: Path) -> str:
    r"""The text of a params file with one more entry at the end of a section.

    Args:
        text: of the file.
        section: its name.
        name: of the entry.
        entry: its values, a line each.
        path: of the file, for messages.

    Raises:
        ConfigError: the section is not there, or is not written with an entry a line.

    Example:
        >>> text = "recipes: &all {}   # none yet\nviews: {}\n"
        >>> print(with_entry(text, "recipes", "mine", {"seeds": [0]}, Path("params.yaml")), end="")
        recipes: &all   # none yet
          mine:
            seeds: [0]
        views: {}
    """
    lines = [f"  {name}:\n", *(f"    {key}: {flow(value)}\n" for key, value in entry.items())]
    block = "".join(lines)
    found = _entry(yaml.compose(text, Loader), section)
    if found is None or not _is_mapping(found[1]):
        raise ConfigError(f"{path}: has no section {section!r}; write one by hand")
    node = found[1]
    if not node.value and node.flow_style:
        end = node.end_mark.index
        rest, line, after = text[end:].partition("\n")
        return text[: end - 2].rstrip() + rest + (line or "\n") + block + after
    if node.flow_style:
        raise ConfigError(f"{path}: {section} is written on one line; write it an entry a line")
    return _inserted(text, node, block)


def save(path: Path, text: str, root: Path = Path()) -> None:
    """Write a params file, if all files together are still valid with it.

    Args:
        path: of the file.
        text: what it shall hold.
        root: of the repository.

    Raises:
        ConfigError: something in it is wrong; the file stays as it was.
    """
    check(path, text, root)
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def check(path: Path, text: str, root: Path = Path()) -> Any:
    """All parameters of a repository, were one file's text another.

    Args:
        path: of the file.
        text: what it would hold.
        root: of the repository.

    Raises:
        ConfigError: something in it is wrong.
    """
    from pipeline.stages import params

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for file in (root / INPUTS, *recipe_files(root)):
            place = copy / file.relative_to(root)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
        (copy / path.relative_to(root)).write_text(text, encoding="utf-8")
        try:
            return params.read(copy)
        except ConfigError as error:
            words = str(error).replace(f"{copy}/", "")
            raise ConfigError(f"{words}; nothing was changed") from None


def _is_mapping(node: Any) -> bool:
    return isinstance(node, yaml.MappingNode)


def _entry(node: Any, key: str) -> tuple[Any, Any] | None:
    """The nodes of a key and its value in a mapping, as it is written there."""
    pairs = node.value if _is_mapping(node) else []
    return next((pair for pair in pairs if pair[0].value == key), None)


def _merges(node: Any) -> bool:
    return _entry(node, MERGE) is not None


def _is_alias(text: str, key: Any) -> bool:
    """Whether the value of a key is written as ``*name``."""
    return text[key.end_mark.index :].lstrip(": \t").startswith("*")


def _replaced(text: str, key: Any, node: Any, value: str, where: str) -> str:
    if _is_alias(text, key):
        start = text.index("*", key.end_mark.index)
        end = start + len(re.split(r"[\s,\]}]", text[start:], maxsplit=1)[0])
        return text[:start] + value + text[end:]
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if block or (isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")):
        raise ConfigError(f"{where}: is written on several lines; change it by hand")
    start, end = node.start_mark.index, node.end_mark.index
    anchor = ANCHOR.match(text, start)
    start = anchor.end() if anchor else start
    return text[:start] + value + text[end:]


def _with_key(text: str, node: Any, key: str, value: str) -> str:
    """A mapping that takes over another's values, with a value of its own."""
    if node.flow_style:
        place = node.end_mark.index - 1
        return f"{text[:place]}, {key}: {value}{text[place:]}"
    indent = " " * node.value[0][0].start_mark.column
    return _inserted(text, node, f"{indent}{key}: {value}\n")


def _inserted(text: str, node: Any, block: str) -> str:
    """The text with lines after a node; comments after it stay after them."""
    lines = text.splitlines(keepends=True)
    last = _last_line(node)
    lines[last] = lines[last].rstrip("\n") + "\n"
    return "".join([*lines[: last + 1], block, *lines[last + 1 :]])


def _last_line(node: Any) -> int:
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        # A text of several lines ends where the next line begins.
        several = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return int(node.end_mark.line) - several
    last = node.value[-1]
    key, value = last if isinstance(node, yaml.MappingNode) else (last, last)
    # An alias is the node that it names, which stands further up.
    return max(int(key.end_mark.line), _last_line(value))
