"""The picture of the rooms, as SVG: layers from top to bottom, arrows for imports.

It is drawn here and not by a script in the reader's browser, so that the site needs nothing
from elsewhere. Colours are the site's own, light or dark.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import pairwise
from typing import Final

from docs.generators.rooms import graph, purpose, ranked, reduced

WIDTH: Final = 760
BOX: Final = (112, 34)
ROW: Final = 74
LANE: Final = 26
"""Width that an arrow takes where it passes a layer."""
GAP: Final = 22

Edges = Mapping[str, frozenset[str]]
Node = tuple[str, str, int]
"""A room, or a place where an arrow passes: its two ends, and the layer."""

STYLE: Final = (
    ".rooms rect{fill:var(--md-default-bg-color,#fff);stroke:var(--md-primary-fg-color,#446)}"
    ".rooms text{font:14px sans-serif;fill:var(--md-default-fg-color,#222);text-anchor:middle}"
    ".rooms path{fill:none;stroke:var(--md-default-fg-color--light,#888);stroke-width:1.3}"
    ".rooms marker path{fill:var(--md-default-fg-color--light,#888);stroke:none}"
    ".rooms a:hover rect{fill:var(--md-accent-fg-color--transparent,#eef)}"
)


def draw(edges: Edges | None = None, link: str = "reference/api/{}/") -> str:
    """The picture, on one line, so that it can stand in a page of Markdown.

    Args:
        edges: the rooms that each room imports; those of the code if absent.
        link: address of a room's page, with its name left open.
    """
    edges = reduced(graph() if edges is None else edges)
    layers = _ordered(_layers(edges), edges)
    places = _places(layers)
    height = ROW * len(layers)
    parts = [
        f'<svg class="rooms" viewBox="0 0 {WIDTH} {height}" xmlns="http://www.w3.org/2000/svg" '
        'role="img" aria-label="The rooms of the package; each arrow is an import">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
    ]
    for room in ranked(edges):
        others = ranked(dict.fromkeys(edges[room]))
        parts += [_arrow(room, other, layers, places) for other in others]
    for room in ranked(edges):
        x, y = places[_node(room, layers)]
        parts.append(
            f'<a href="{escape(link.format(room))}"><title>{escape(purpose(room))}</title>'
            f'<rect x="{x - BOX[0] / 2:.0f}" y="{y - BOX[1] / 2:.0f}" width="{BOX[0]}" '
            f'height="{BOX[1]}" rx="5"/><text x="{x:.0f}" y="{y + 5:.0f}">{room}</text></a>'
        )
    return "".join([*parts, "</svg>"])


def _layers(edges: Edges) -> list[list[Node]]:
    """Each room one layer above the highest that it imports, with lanes for passing arrows."""
    levels: dict[str, int] = {}

    def level(room: str, way: tuple[str, ...] = ()) -> int:
        if room in way:
            raise ValueError(f"rooms import each other: {' → '.join([*way, room])}")
        if room not in levels:
            levels[room] = 1 + max(
                (level(other, (*way, room)) for other in edges[room]), default=-1
            )
        return levels[room]

    top = max(level(room) for room in edges)
    layers: list[list[Node]] = [[] for _ in range(top + 1)]
    for room in reversed(ranked(edges)):
        layers[top - levels[room]].append((room, room, top - levels[room]))
        for other in ranked(dict.fromkeys(edges[room])):
            for depth in range(levels[other] + 1, levels[room]):
                layers[top - depth].append((room, other, top - depth))
    return layers


def _ordered(layers: list[list[Node]], edges: Edges) -> list[list[Node]]:
    """The layers' nodes where few arrows cross: near those that they are joined to."""
    place = {node: at for layer in layers for node, at in _spread(layer).items()}
    for sweep in range(12):
        depths = range(1, len(layers)) if sweep % 2 else reversed(range(len(layers) - 1))
        for depth in depths:
            near = layers[depth - 1 if sweep % 2 else depth + 1]
            middles = {node: _middle(node, near, place, edges) for node in layers[depth]}
            layers[depth].sort(key=lambda node, middles=middles: (middles[node], node))  # type: ignore[misc]
            place |= _spread(layers[depth])
    return layers


def _spread(layer: list[Node]) -> dict[Node, float]:
    """Where the nodes of a layer lie, from 0 to 1."""
    return {node: at / max(1, len(layer) - 1) for at, node in enumerate(layer)}


def _middle(node: Node, near: list[Node], place: Mapping[Node, float], edges: Edges) -> float:
    """The mean place of a node's neighbours in the next layer."""
    found = [place[other] for other in near if _joined(node, other, edges)]
    return sum(found) / len(found) if found else place[node]


def _joined(one: Node, two: Node, edges: Edges) -> bool:
    upper, lower = sorted((one, two), key=lambda node: node[2])
    if upper[0] == upper[1] and lower[0] == lower[1]:
        return lower[0] in edges[upper[0]]
    if upper[0] == upper[1]:
        return lower[0] == upper[0]
    return upper[:2] == lower[:2] or (lower[0] == lower[1] == upper[1])


def _places(layers: list[list[Node]]) -> dict[Node, tuple[float, float]]:
    places: dict[Node, tuple[float, float]] = {}
    for depth, layer in enumerate(layers):
        sizes = [BOX[0] if node[0] == node[1] else LANE for node in layer]
        x = (WIDTH - sum(sizes) - GAP * (len(layer) - 1)) / 2
        for node, size in zip(layer, sizes, strict=True):
            places[node] = (x + size / 2, ROW * (depth + 0.5))
            x += size + GAP
    return places


def _node(room: str, layers: list[list[Node]]) -> Node:
    return next(node for layer in layers for node in layer if node[:2] == (room, room))


def _arrow(
    room: str, other: str, layers: list[list[Node]], places: Mapping[Node, tuple[float, float]]
) -> str:
    passed = [node for layer in layers for node in layer if node[:2] == (room, other)]
    points = [places[node] for node in (_node(room, layers), *passed, _node(other, layers))]
    points[0] = (points[0][0], points[0][1] + BOX[1] / 2)
    points[-1] = (points[-1][0], points[-1][1] - BOX[1] / 2)
    steps = [f"M{points[0][0]:.0f},{points[0][1]:.0f}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        half = (y + to_y) / 2
        steps.append(f"C{x:.0f},{half:.0f} {to_x:.0f},{half:.0f} {to_x:.0f},{to_y:.0f}")
    return f'<path d="{" ".join(steps)}" marker-end="url(#tip)"/>'
