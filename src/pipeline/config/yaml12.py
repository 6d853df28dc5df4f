"""PyYAML's C loader, reading scalars as YAML 1.2 does, which is how DVC reads them.

By YAML 1.1 ``no`` is false, ``010`` is eight and ``1e-4`` is a word. A key that stands
twice in one mapping is refused, for one of the two would be ignored silently.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

SCALARS: Final = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+", "-+0123456789"),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "merge": (r"<<", "<"),
}
PREFIX: Final = "tag:yaml.org,2002:"


class Loader(yaml.CSafeLoader):
    """The loader.

    Example:
        >>> yaml.load("{rate: 1e-4, label: no, actor: 010}", Loader)
        {'rate': 0.0001, 'label': 'no', 'actor': 10}
        >>> yaml.load("{a: 1, a: 2}", Loader)
        Traceback (most recent call last):
        ...
        yaml.constructor.ConstructorError: the key 'a' is there twice
          in "<unicode string>", line 1, column 1
    """

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  (PyYAML's own name)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Look for keys that stand twice, before keys of other mappings are merged in."""
        if not getattr(node, "seen", False):
            node.seen = True  # type: ignore[attr-defined]
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            for key in keys:
                if keys.count(key) > 1:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} is there twice", node.start_mark
                    )
        super().flatten_mapping(node)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """A whole number to the base of ten."""
        return int(self.construct_scalar(node))

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        """A number."""
        return float(
            str(self.construct_scalar(node)).lower().replace(".inf", "inf").replace(".nan", "nan")
        )


for _name, (_pattern, _first) in SCALARS.items():
    Loader.add_implicit_resolver(PREFIX + _name, re.compile(f"^(?:{_pattern})$"), list(_first))
Loader.add_constructor(PREFIX + "int", Loader.construct_yaml_int)
Loader.add_constructor(PREFIX + "float", Loader.construct_yaml_float)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file, as DVC would read it."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)
