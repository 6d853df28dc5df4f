"""Stage: train every network of a recipe, one for each fold and seed.

``--alone`` trains without MLflow, on a machine that has a packed view, a split and
params.yaml and little else; `ser track sync` records the networks when they are home.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline import fleet, provenance
from pipeline.errors import spoken


def main(name: str, *, alone: bool) -> None:
    recipe = fleet.open_recipe(name)
    follow = fleet.nobody if alone else follower(recipe)
    clock = provenance.Clock(Path("checkpoints/seconds") / f"{name}.json")
    done = fleet.train(
        recipe,
        Path("models/networks") / name,
        Path("reports/recipes") / name / "curves.csv",
        Path("checkpoints/networks") / name,
        clock.timing(follow),
    )
    provenance.write(done, clock)
    if not alone:
        record(name)
    networks = done["networks"]
    print(
        f"{name}: {len(networks)} networks of {networks[0]['parameters']:,} weights "
        f"in models/networks/{name}; curves: reports/recipes/{name}/curves.csv"
    )


def follower(recipe: fleet.Recipe) -> fleet.Follow:
    from pipeline import tracking

    tracking.prepare()
    about = recipe.about()
    return lambda member: tracking.follow(about, member.fold, member.seed, member.number)


def record(name: str) -> None:
    from pipeline import tracking

    tracking.record_networks(name)


if __name__ == "__main__":
    with spoken():
        main(sys.argv[1], alone="--alone" in sys.argv[2:])
