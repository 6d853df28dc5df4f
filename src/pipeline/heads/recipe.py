"""All heads of a recipe: fitted on the embeddings of every fold and seed, and put in place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from pipeline.config.recipes import NetworkRecipeSettings, load_recipe
from pipeline.core.errors import HeadError
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_folder, atomic_write
from pipeline.heads import fitting, registry, tables
from pipeline.heads.about import HeadFacts, HeadsAbout
from pipeline.training.about import EmbeddingsAbout


def fit_recipe(name: str, root: Path = Path(), *, progress: bool = True) -> HeadsAbout:
    """Fit a recipe's set of heads, and put models and predictions in place.

    Nothing but the recipe's embeddings and its set of heads is read.

    Args:
        name: of the recipe.
        root: of the repository.
        progress: show a progress bar.

    Returns:
        What ``about.json`` says.

    Raises:
        SerError: there are no embeddings, or a head cannot be fitted.
    """
    layout, recipe = Layout(root), load_recipe(name, root)
    heads = registry.load_heads(recipe.heads, root)
    embeddings = layout.embeddings(name)
    stage = "embed" if isinstance(recipe, NetworkRecipeSettings) else "features"
    about = EmbeddingsAbout.read(embeddings, f"dvc repro {stage}@{name}", HeadError)
    facts: list[HeadFacts] = []
    predictions = []
    total = len(about.networks) * len(heads)
    with (
        atomic_folder(layout.heads(name)) as folder,
        tqdm(total=total, desc=f"{name}: heads", unit="head", disable=not progress) as bar,
    ):
        for network in about.networks:
            fold, seed = network.fold, network.seed
            run = network.run.name
            fitted, table = fitting.fit_heads(
                tables.read(embeddings / f"{run}.parquet", f"dvc repro {stage}@{name}"),
                about.emotions,
                heads,
                validated=about.validated,
                where=f"heads.{recipe.heads}",
                on_head=lambda head: bar.update(),
            )
            for head in fitted:
                files = fitting.save(head, folder / run)
                facts.append(
                    fitting.facts(head, files, folder, fold=fold, seed=seed, network=network.sha256)
                )
            table.insert(1, "fold", fold)
            table.insert(2, "seed", seed)
            predictions.append(table)
        done = HeadsAbout(
            recipe=name,
            emotions=about.emotions,
            library_versions=registry.versions(),
            heads=tuple(facts),
        )
        done.write(folder)
        with atomic_write(layout.predictions(name)) as partial:
            pd.concat(predictions).to_csv(partial, index=False, lineterminator="\n")
    return done
