"""Whether weights, heads and figures are of one run: a package never says another's figures.

Each is made by a stage of its own and may be brought from elsewhere by itself: weights
from a remote, figures from git. What describes them has the hashes of what they were made
from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.evaluation import counts
from pipeline.heads.about import HeadFacts, HeadsAbout
from pipeline.package.about import PackageAbout
from pipeline.splits.roles import TEST
from pipeline.training.about import NetworksAbout
from pipeline.training.recipe import file_hash
from pipeline.training.run import Run
from pipeline.views.packed import TABLE

CLOSE: Final = 0.005
"""Difference of a UAR that another processor's rounding may make."""


def check_weights(about: PackageAbout, folder: Path, root: Path = Path()) -> None:
    """Stop where files are not those that the stages describe.

    Args:
        about: of the package.
        folder: that its files were copied to.
        root: of the repository.

    Raises:
        PackageError: a network's or a head's file is another than its stage wrote, or the
            head was fitted on another network's embeddings.
    """
    layout, cure = Layout(root), f"ser run {about.recipe}"
    fitted = HeadsAbout.read(layout.heads(about.recipe), cure, PackageError)
    if about.network is None:
        table = layout.view(about.view) / TABLE
        if not table.is_file():
            raise PackageError(f"{table}: not here; make it with: {cure}")
        sources = dict.fromkeys(((one.fold, one.seed) for one in fitted.heads), file_hash(table))
        place = table
    else:
        place = layout.networks(about.recipe)
        networks = NetworksAbout.read(place, cure, PackageError)
        packed = set(about.weights)
        for item in networks.networks:
            if item.weights in packed:
                path = folder / "networks" / item.weights
                _require(file_hash(path) == item.sha256, place / item.weights, place, cure)
        sources = {(item.fold, item.seed): item.sha256 for item in networks.main_networks}
    heads = layout.heads(about.recipe)
    for one in fitted.heads:
        if one.head != about.head:
            continue
        if one.network_weights != sources.get((one.fold, one.seed)):
            run = Run(one.fold, one.seed).name
            raise PackageError(
                f"{heads}: the head {one.head!r} of {run} was fitted on something else than "
                f"what {place} holds; make them together with: {cure}"
            )
        known = one.sha256 in _digests(one, folder / "heads")
        _require(known, heads / (one.files[0] if one.files else ""), heads, cure)


def check_figures(about: PackageAbout, report: Mapping[str, Any], root: Path = Path()) -> None:
    """Stop where a recipe's figures are of other heads, folds, emotions or clips.

    Args:
        about: of the package.
        report: what ``metrics.json`` says.
        root: of the repository.

    Raises:
        PackageError: something of them differs.
    """
    layout = Layout(root)
    folds = {run.fold for run in about.runs}
    seeds = {run.seed for run in about.runs}
    text = dict.fromkeys(("role", "head", "clip", "speaker", "true"), str)
    path = layout.predictions(about.recipe)
    table = pd.read_csv(path, dtype=text, keep_default_na=False)
    tested = table[(table["role"] == TEST) & (table["head"] == about.head)]
    facts = (
        ("the head", about.head, about.head if about.head in report["heads"] else "none"),
        ("emotions", _names(about.emotions), _names(report["classes"])),
        ("folds", len(folds), report["folds"]),
        ("seeds", _names(sorted(seeds)), _names(sorted(report["seeds"]))),
        ("a hash of the tested clips", counts.digest(tested), report["tested"]),
    )
    for what, ours, reported in facts:
        if ours != reported:
            raise PackageError(
                f"{layout.report(about.recipe) / 'metrics.json'}: {what}: {reported}, and "
                f"{ours} by models and predictions; make them together with: "
                f"ser run {about.recipe}"
            )


def check_measured(about: PackageAbout, report: Mapping[str, Any], uar: float) -> None:
    """Stop where the weights read another figure than the report has.

    Args:
        about: of the package.
        report: what ``metrics.json`` says.
        uar: that the package reads on the clips that the recipe tested.

    Raises:
        PackageError: it differs by more than rounding may.
    """
    reported = report["heads"][about.head]["uar"]["mean"]
    if abs(uar - reported) > CLOSE:
        raise PackageError(
            f"{about.recipe}: its weights read {100 * uar:.1f} % UAR on the tested clips, and "
            f"{Layout().report(about.recipe) / 'metrics.json'} says {100 * reported:.1f} %: the "
            f"figures are of another run; make them together with: ser run {about.recipe}"
        )


def _require(known: bool, path: Path, place: Path, cure: str) -> None:
    if not known:
        raise PackageError(
            f"{path}: is not the file that {place / 'about.json'} describes; make them "
            f"together with: {cure}"
        )


def _digests(one: HeadFacts, folder: Path) -> set[str]:
    """Hashes that a head of these files may have: a vote's is of its network too."""
    digest = hashlib.sha256()
    for name in one.files:
        digest.update((folder / name).read_bytes())
    with_network = digest.copy()
    with_network.update(one.network_weights.encode())
    return {digest.hexdigest(), with_network.hexdigest()}


def _names(items: Iterable[Any]) -> str:
    return ", ".join(map(str, items))
