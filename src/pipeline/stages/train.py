"""Train every network of a recipe, one for each fold and seed.

``--alone`` trains without MLflow, on a machine that has a packed view, a split and the
params files and little else; `ser track sync` records the networks when they are copied back.
"""

from __future__ import annotations

from pipeline.core.layout import Layout
from pipeline.training.about import NetworksAbout
from pipeline.training.runs import train_recipe


def main(name: str, *, alone: bool) -> None:
    """Train a recipe's networks."""
    about = train_recipe(name) if alone else _tracked(name)
    networks, folder = about.networks, Layout().networks(name)
    print(
        f"{name}: {len(networks)} networks of {networks[0].parameters:,} weights "
        f"and their curves in {folder}"
    )


def _tracked(name: str) -> NetworksAbout:
    from pipeline import tracking

    tracking.prepare()
    about = train_recipe(name, tracking.training_run)
    tracking.record_networks(name)
    return about
