"""Train every network of a recipe, one for each fold and seed.

``--alone`` trains without MLflow, on a machine that has a packed view, a split and
params.yaml and little else; `ser track sync` records the networks when they are home.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.training import provenance, runs


def main(name: str, *, alone: bool) -> None:
    recipe = runs.open_recipe(name)
    follow = runs.nobody if alone else follower(recipe)
    clock = provenance.Clock(Path("checkpoints/seconds") / f"{name}.json")
    done = runs.train(
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


def follower(recipe: runs.Recipe) -> runs.Follow:
    from pipeline import tracking

    tracking.prepare()
    about = recipe.about()
    return lambda member: tracking.follow(about, member.fold, member.seed, member.number)


def record(name: str) -> None:
    from pipeline import tracking

    tracking.record_networks(name)
