"""Print the recipes of all published figures as a JSON list, for a job's matrix."""

from __future__ import annotations

import json
from pathlib import Path

import yaml


def rows(root: Path) -> list[str]:
    """The recipe that each figure of each paper stands beside, each once."""
    files = sorted(root.glob("papers/*/params.yaml"))
    figures = [yaml.safe_load(file.read_text(encoding="utf-8"))["figures"] for file in files]
    recipes = [row["recipe"] for found in figures for row in found.values() if "recipe" in row]
    return list(dict.fromkeys(recipes))


if __name__ == "__main__":
    print(json.dumps(rows(Path())))
