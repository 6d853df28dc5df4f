"""Laying out the folder of a new paper or study, and the stages of all folders.

Each folder has the same dvc.yaml, a copy of ``stages/recipes.yaml``. A link would do for
running, but DVC cannot read a link in a commit, so that ``dvc exp diff``, ``dvc metrics
diff`` and everything else that looks back would find no figures at all.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pipeline.config.base import PARAMS
from pipeline.config.folders import PARENTS, recipe_files
from pipeline.core.errors import ConfigError
from pipeline.core.storage import atomic_folder, atomic_write
from pipeline.graph.targets import GRAPH

STAGES: Final = Path("stages/recipes.yaml")
NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

README: Final = """# {title}

Who wrote it, where it is published, its DOI.

## What it claims

The figures, each with its table or sentence in the paper.

## What it says of data and split

Which recordings, how many, who trains and who is tested; what it does not say.

## What is different here

What had to be guessed, left out or replaced, and why.
"""

PAPER: Final = """# The figures of the paper and the recipes that stand beside them.
paper:
  title: {title}
  corpora: []            # that it used
  stated: nothing        # all that it says of who trained and who was tested

# Accuracy in percent. `recipe` under the paper's own protocol, `random` dealt at random with
# augmentation after it, `honest` with no speaker on both sides; leave out what does not apply:
#   cnn-8: {{network: cnn, emotions: 8, acc: 93.0, recipe: {name}, honest: {name}-speakers}}
figures: {{}}

"""

RECIPES: Final = """# A recipe by its name. `ser recipe new NAME --in FOLDER` adds one, and
# `ser config show demo` prints one with all that it names:
#   {name}:
#     title: CNN on mel spectrograms of RAVDESS, dealt at random
#     dataset: ravdess           # inputs/params.yaml
#     view: ravdess-mel-64       # inputs/params.yaml, or below
#     emotions: [neutral, calm, happy, sad, angry, fear, disgust, surprise]
#     protocol: random           # params.yaml, and so is the rest
#     network: plain
#     initial_weights: random
#     training: paper
#     seeds: [0]
#     embeddings: {{kind: plain}}
#     heads: all
recipes_with_network: &with_network {{}}
# The same without network, initial_weights, training, seeds and embeddings: heads that learn
# from the numbers of a vector view.
recipes_without_network: &without_network {{}}
recipes:
  <<: [*with_network, *without_network]
# Views that nobody else needs.
views: {{}}
"""


def new_folder(name: str, parent: str = "papers", title: str | None = None) -> Path:
    """Lay out a folder to fill in: README.md, params.yaml, and the stages.

    Args:
        name: of the folder; small letters, digits and hyphens.
        parent: ``papers`` or ``studies``.
        title: of the paper or the study; its name if absent.

    Returns:
        The folder.

    Raises:
        ConfigError: the name will not do, or is taken.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(f"{name!r}: a name has small letters, digits and hyphens: my-paper-2024")
    for other in PARENTS:
        if (Path(other) / name).exists():
            raise ConfigError(f"{other}/{name} is there already; take another name")
    folder = Path(parent) / name
    words = {"name": name, "title": title or name}
    head = PAPER if parent == "papers" else "# {title}: what is asked, in a sentence.\n\n"
    with atomic_folder(folder) as partial:
        (partial / "README.md").write_text(README.format(**words), encoding="utf-8")
        text = (head + RECIPES).format(**words)
        (partial / PARAMS).write_text(text, encoding="utf-8")
        _copy_stages(partial, Path())
    if parent == "papers":
        _watch(folder / PARAMS)
    return folder


def lay_stages(folder: Path, root: Path = Path()) -> None:
    """Give a folder its dvc.yaml, unless it has one.

    Args:
        folder: of a paper or a study.
        root: of the repository.
    """
    if not (folder / GRAPH).exists():
        _copy_stages(folder, root)


def refresh(root: Path = Path()) -> list[Path]:
    """Copy the stages to every folder that has others, as after ``stages/recipes.yaml`` changed.

    Args:
        root: of the repository.

    Returns:
        The files that were written.
    """
    stages = (root / STAGES).read_bytes()
    found = [path.with_name(GRAPH) for path in recipe_files(root)[1:]]
    old = [path for path in found if path.is_file() and path.read_bytes() != stages]
    for path in old:
        _copy_stages(path.parent, root)
    return old


def _copy_stages(folder: Path, root: Path) -> None:
    with atomic_write(folder / GRAPH) as partial:
        partial.write_bytes((root / STAGES).read_bytes())


def _watch(params: Path) -> None:
    """Have the table of published figures made again when the new paper's figures change."""
    path = params.parent.parent / GRAPH
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    alike = [place for place, line in enumerate(lines) if f"- {params.parts[0]}/" in line]
    lines.insert(alike[-1] + 1, f"      - {params.as_posix()}\n")
    with atomic_write(path) as partial:
        partial.write_text("".join(lines), encoding="utf-8")
