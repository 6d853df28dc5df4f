"""The README's tables, made from the reports in git: ``python docs/generators/readme.py``.

Between ``<!-- NAME -->`` and ``<!-- end -->`` stands what the function of that name makes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from pipeline.config.yaml12 import read_yaml
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_write
from pipeline.evaluation.results import run_with_this_code

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = ROOT / "README.md"
BLOCK: Final = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
HYBRID: Final = ("ravdess-hybrid", "ravdess-hybrid-speakers")
HEADS: Final = ("softmax", "mlp", "xgboost", "lightgbm")
SHOWN: Final = {"ravdess-best": "vote-fixed"}
"""The head that stands for a recipe in which validation chose none."""


def main() -> None:
    """Write the tables into the README."""
    with atomic_write(README) as partial:
        partial.write_text(made(README.read_text(encoding="utf-8")), encoding="utf-8")


def made(text: str) -> str:
    """A README with its tables as the reports have them."""
    return BLOCK.sub(lambda found: found[1] + TABLES[found[2]]() + "\n" + found[3], text)


def hybrid() -> str:
    """The main pipeline's two recipes, head by head."""
    rows = []
    for recipe in HYBRID:
        found = metrics(recipe)
        split = f"{found['label']}{dagger(recipe)}"
        for place, head in enumerate(HEADS):
            figures = found["heads"][head]
            name = f"`{recipe}`" if place == 0 else ""
            rows.append([name, split if place == 0 else "", head, *both(figures)])
    columns = ["recipe", "split", "head", "UAR", "95 % interval", "accuracy"]
    return table(columns, rows) + legend(HYBRID)


def published() -> str:
    """What came of the published figures, in a line for each verdict."""
    found = json.loads((ROOT / "reports/published.json").read_text(encoding="utf-8"))
    rows = [[verdict, str(count)] for verdict, count in found["verdicts"].items() if count]
    return table(["verdict", "figures"], rows)


def best() -> str:
    """Our own network beside what others measured with no speaker on both sides."""
    references = read_yaml(ROOT / "studies/best/params.yaml")["references"]
    rows: list[tuple[float, list[str]]] = []
    for item in references["figures"]:
        figure = item.get("uar", item.get("acc"))
        cells = ["" if item.get(key) is None else f"{item[key]:.1f}" for key in ("uar", "acc")]
        rows.append((figure, [f"{item['row']} ({item['source']})", cells[0], "", cells[1]]))
    for recipe, head in SHOWN.items():
        for name in (head, f"{head} (seeds averaged)"):
            figures = metrics(recipe)["heads"][name]
            label = f"**`{recipe}`, {name}**{dagger(recipe)}"
            rows.append((100 * figures["uar"]["mean"], [label, *both(figures)]))
    ordered = [cells for _, cells in sorted(rows, key=lambda row: -row[0])]
    return table(["who", "UAR", "95 % interval", "accuracy"], ordered) + legend(SHOWN)


def datasets() -> str:
    """The cards in git."""
    rows = []
    for card in sorted(Layout(ROOT).card("x").parent.glob("*/summary.json")):
        found = json.loads(card.read_text(encoding="utf-8"))
        name = card.parent.name
        link = f"[card](reports/datasets/{name}/card.md)"
        rows.append([f"`{name}`", str(found["clips"]), str(found["speakers"]), link])
    return table(["dataset", "clips", "speakers", "licence, citation, defects"], rows)


def metrics(recipe: str) -> dict[str, Any]:
    """The figures of a recipe."""
    path = Layout(ROOT).report(recipe) / "metrics.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def both(figures: dict[str, Any]) -> list[str]:
    """UAR, its interval and accuracy in percent."""
    uar = {key: f"{100 * figures['uar'][key]:.1f}" for key in ("mean", "low", "high")}
    accuracy = f"{100 * figures['accuracy']['mean']:.1f}"
    return [uar["mean"], f"{uar['low']} to {uar['high']}", accuracy]


def dagger(recipe: str) -> str:
    """The mark of figures that earlier code made."""
    return "" if run_with_this_code(recipe, ROOT) else " †"


def legend(recipes: Any) -> str:
    """What the mark means, where it stands."""
    old = any(not run_with_this_code(recipe, ROOT) for recipe in recipes)
    return "\n\n† not run with this code yet: figures of earlier code" if old else ""


def table(columns: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


TABLES: Final = {"hybrid": hybrid, "published": published, "best": best, "datasets": datasets}

if __name__ == "__main__":
    main()
