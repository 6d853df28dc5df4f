"""A known corpus added to ``inputs/params.yaml``, which else stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipeline.config.base import read_params
from pipeline.config.corpora import KNOWN
from pipeline.config.folders import section_file
from pipeline.config.yaml12 import Loader
from pipeline.core.errors import ConfigError
from pipeline.core.storage import atomic_write
from pipeline.corpora.description import load


def add(name: str, root: Path = Path()) -> Path:
    """Write a known corpus and a dataset of it into ``inputs/params.yaml``.

    Args:
        name: of the corpus.
        root: of the repository.

    Returns:
        The file.

    Raises:
        CorpusError: no such corpus is known; names the nearest that is.
        ConfigError: an entry of that name is there already, or the file is not as usual.
    """
    source = f"{KNOWN}/{name}.yaml"
    if load(name).synthetic:
        corpus = f"{{kind: demo, speakers: 16, seed: 1, source: {source}}}"
    else:
        corpus = f"{{kind: public, corpus: {name}, complete: true, source: {source}}}"
    path = section_file("datasets", root)
    before = read_params(path)
    entries = {
        "corpora": corpus,
        "datasets": f"{{corpora: [{name}]}}",
    }
    for section in entries:
        if name in (before.get(section) or {}):
            raise ConfigError(f"{path}: {section}.{name} is there already; nothing was changed")
    text = path.read_text(encoding="utf-8")
    for section, entry in entries.items():
        text = _insert(text, section, f"  {name}: {entry}", path)
    wanted = {
        section: {**before[section], name: yaml.load(entry, Loader)}
        for section, entry in entries.items()
    }
    if yaml.load(text, Loader) != {**before, **wanted}:
        raise ConfigError(f"{path}: {name} could not be added; write its entries by hand")
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return path


def _insert(text: str, section: str, line: str, path: Path) -> str:
    """The text with a line after the last entry of a section."""
    document = yaml.compose(text, Loader)
    for key, value in document.value if isinstance(document, yaml.MappingNode) else []:
        if key.value == section and isinstance(value, yaml.MappingNode) and not value.flow_style:
            lines = text.splitlines(keepends=True)
            last = _last_line(value)
            lines[last] = lines[last].rstrip("\n") + "\n"
            return "".join([*lines[: last + 1], line + "\n", *lines[last + 1 :]])
    raise ConfigError(f"{path}: no section {section!r} with an entry a line; write one by hand")


def _last_line(node: Any) -> int:
    """The line that a node ends on, without the comments after it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.line)
    last = node.value[-1]
    return _last_line(last[1] if isinstance(node, yaml.MappingNode) else last)
