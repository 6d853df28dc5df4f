"""The rooms of the package keep to their order, and each to what is its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generators import picture, rooms
from docs.generators.rooms import ORDER, Import

IMPORTS = rooms.imports()

NETWORK = (
    "aiohttp",
    "ftplib",
    "http.client",
    "httpx",
    "requests",
    "socket",
    "torch.hub",
    "urllib.request",
    "urllib3",
)
"""Modules that reach other machines."""

NAMES_ERRORS = {Path("tracking/store.py"): "requests"}
"""Modules that name a library's errors and fetch nothing with it."""


def users(*libraries: str) -> list[Import]:
    """The imports of libraries or of parts of them."""
    return [
        item
        for item in IMPORTS
        if any(f"{item.module}.".startswith(f"{library}.") for library in libraries)
    ]


def test_every_room_has_its_place_in_the_order() -> None:
    assert set(rooms.graph()) == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    below = ORDER[: ORDER.index(room)]
    wrong = [
        str(item)
        for item in IMPORTS
        if item.room == room and item.target in ORDER and item.target not in (room, *below)
    ]
    assert wrong == []


def test_only_tracking_imports_mlflow() -> None:
    assert [str(item) for item in users("mlflow") if item.room != "tracking"] == []


def test_only_the_room_that_fetches_corpora_reaches_other_machines() -> None:
    fetchers = [
        str(item)
        for item in users(*NETWORK)
        if item.file.parts[:2] != ("corpora", "fetch")
        and not item.module.startswith(NAMES_ERRORS.get(item.file, "nothing"))
    ]
    assert fetchers == []


def test_only_engines_import_ray() -> None:
    others = [item for item in users("ray") if item.file.parts[:2] != ("training", "engines")]
    assert [str(item) for item in others] == []


def test_nothing_lies_loose_at_the_top_of_the_package() -> None:
    files = {path.name for path in rooms.PACKAGE.iterdir() if path.is_file()}
    assert files <= {"__init__.py", "__main__.py", "cli.py", "py.typed"}


def test_the_picture_shows_every_room_and_an_arrow_for_every_import_that_counts() -> None:
    drawn = picture.draw()
    assert all(f">{room}</text>" in drawn for room in rooms.graph())
    arrows = sum(len(found) for found in rooms.reduced(rooms.graph()).values())
    assert drawn.count("marker-end") == arrows


def test_rooms_that_import_each_other_are_not_drawn() -> None:
    with pytest.raises(ValueError, match="rooms import each other"):
        picture.draw({"one": frozenset({"two"}), "two": frozenset({"one"})})
