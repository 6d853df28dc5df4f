"""A package in the layout of the Hugging Face Hub, and its upload.

The layout is the package as it is, so that ``ser predict --model FOLDER`` takes a download of
it, with what the Hub reads: ``README.md``, the model card with its metadata first;
``config.json``, by which downloads are counted; ``.gitattributes``, which says what is large.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from pipeline.core.errors import PackageError
from pipeline.core.storage import atomic_folder, read_json, write_json
from pipeline.package.about import PackageAbout
from pipeline.package.export import check_target
from pipeline.package.package import CARD, EXPORT, GRAPHS
from pipeline.reports import pages
from pipeline.reports.stored import interval

README: Final = "README.md"
CONFIG: Final = "config.json"
ATTRIBUTES: Final = ".gitattributes"
LARGE: Final = ("*.safetensors", "*.onnx", "*.ubj")
"""Files that the Hub keeps beside git."""
TOKEN: Final = "HF_TOKEN"
"""The environment variable that holds the token."""
REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")
LICENCES: Final = {
    "CC0 1.0": "cc0-1.0",
    "CC BY 4.0": "cc-by-4.0",
    "CC BY-SA 4.0": "cc-by-sa-4.0",
    "CC BY-NC 4.0": "cc-by-nc-4.0",
    "CC BY-NC-SA 4.0": "cc-by-nc-sa-4.0",
    "CC BY-NC-ND 4.0": "cc-by-nc-nd-4.0",
    "ODbL 1.0": "odbl",
}
"""The Hub's names of licences; of any other it wants the name and a link."""

USE: Final = """\
## How to use it

With ser-workbench installed, in the folder that this repository was downloaded to:

```
ser predict voice.wav --model .
```

`package.json` says how a recording becomes a row of the view, and which files are averaged.
Weights are safetensors{graphs}; nothing here runs code when it is read.
"""


def write(package: Path, folder: Path) -> None:
    """Write an exported package in the Hub's layout.

    Args:
        package: the folder that ``ser export`` wrote.
        folder: to make; what is there stays until the new one is complete.

    Raises:
        PackageError: the package is damaged or was not exported, or something else lies in
            the folder.
    """
    check_target(folder)
    about = PackageAbout.read(package)
    exported = read_json(package / EXPORT, f"ser export {about.recipe}", PackageError)
    card = (package / CARD).read_text(encoding="utf-8")
    with atomic_folder(folder) as partial:
        shutil.copytree(package, partial, dirs_exist_ok=True)
        (partial / CARD).unlink()
        # Samples name files of this machine, which a download does not have.
        write_json(partial / EXPORT, {**exported, "samples": []})
        write_json(partial / CONFIG, config(about))
        front = yaml.safe_dump(metadata(about, exported), sort_keys=False, allow_unicode=True)
        graphs = f", and `{GRAPHS}/` holds the networks for ONNX Runtime" if about.network else ""
        text = f"---\n{front}---\n\n{card.rstrip()}\n\n{USE.format(graphs=graphs)}"
        (partial / README).write_text(text, encoding="utf-8")
        rules = "".join(f"{name} filter=lfs diff=lfs merge=lfs -text\n" for name in LARGE)
        (partial / ATTRIBUTES).write_text(rules, encoding="utf-8")


def config(about: PackageAbout) -> dict[str, Any]:
    """What ``config.json`` says: the classes and the input, in the words that the Hub shows."""
    return {
        "library_name": "ser-workbench",
        "model_type": about.network["kind"] if about.network else "heads",
        "recipe": about.recipe,
        "head": about.head,
        "id2label": {str(place): name for place, name in enumerate(about.emotions)},
        "label2id": {name: place for place, name in enumerate(about.emotions)},
        "sampling_rate": about.view_settings.audio.rate,
        "input_shape": list(about.shape),
    }


def metadata(about: PackageAbout, exported: Mapping[str, Any]) -> dict[str, Any]:
    """The first block of ``README.md``, which the Hub reads.

    Args:
        about: of the package.
        exported: what ``export.json`` says.
    """
    found = exported["tested"]
    tags = ["speech-emotion-recognition", "audio", "safetensors"]
    tags += ["onnx"] if about.network else []
    tags += ["synthetic"] if found["synthetic"] else []
    return {
        **_licence(found["corpora"]),
        "library_name": "ser-workbench",
        "pipeline_tag": "audio-classification",
        "tags": tags,
        "metrics": ["recall", "accuracy"],
        "model-index": [
            {
                "name": f"{about.recipe}, {about.head}",
                "results": [
                    {
                        "task": {
                            "type": "audio-classification",
                            "name": "Speech emotion recognition",
                        },
                        "dataset": _dataset(about, found),
                        "metrics": _metrics(about, found),
                    }
                ],
            }
        ],
    }


def check_push(repository: str) -> str:
    """The token for an upload, before anything is made that would be uploaded.

    Args:
        repository: of the Hub, as ``owner/name``.

    Raises:
        PackageError: the name is none, huggingface_hub is not installed, or there is no token.
    """
    if not REPOSITORY.fullmatch(repository):
        raise PackageError(f"{repository!r} is no repository of the Hub; write it as owner/name")
    try:
        import huggingface_hub  # noqa: F401
    except ImportError:
        raise PackageError(
            "huggingface_hub is not installed; install it with: pip install huggingface_hub"
        ) from None
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise PackageError(
            f"no token for the Hub: set {TOKEN} to one that may write, from "
            "https://huggingface.co/settings/tokens"
        )
    return token


def push(folder: Path, repository: str, *, public: bool = False) -> str:
    """Upload a folder that :func:`write` made.

    Args:
        folder: to upload.
        repository: of the Hub, as ``owner/name``; it is made where it is not there.
        public: whether everybody may see a new one.

    Returns:
        The repository's address.

    Raises:
        PackageError: as in :func:`check_push`, or the Hub cannot be reached or refuses.
    """
    token = check_push(repository)
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    try:
        api.create_repo(repository, private=not public, exist_ok=True)
        api.upload_folder(
            repo_id=repository, folder_path=folder, commit_message=f"Model {folder.name}"
        )
    except Exception as error:  # the library's own, and those of whatever it sends with
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise PackageError(
            f"{repository}: not uploaded ({reason}); {folder} is complete: run again with the "
            "same options, or upload it by hand"
        ) from None
    return f"https://huggingface.co/{repository}"


def _licence(corpora: list[dict[str, Any]]) -> dict[str, Any]:
    """The licence of the data, where all of it has one that the Hub knows; else its words."""
    names = list(dict.fromkeys(corpus["licence"] for corpus in corpora))
    if len(names) == 1 and names[0] in LICENCES:
        return {"license": LICENCES[names[0]]}
    links = [corpus["licence_url"] for corpus in corpora if corpus["licence_url"]]
    found = {"license": "other", "license_name": "; ".join(names)}
    return {**found, "license_link": links[0]} if links else found


def _dataset(about: PackageAbout, found: Mapping[str, Any]) -> dict[str, Any]:
    """What was tested, with the protocol in its name: a figure means nothing without it."""
    titles = ", ".join(corpus["title"] for corpus in found["corpora"])
    counts = f"{found['clips']} clips of {found['speakers']} speakers"
    return {
        "type": about.dataset,
        "name": f"{titles}: {counts}; protocol {found['protocol']}, {found['label']}",
        "split": "test",
        "args": {key: found[key] for key in ("protocol", "label", "folds", "seeds")},
    }


def _metrics(about: PackageAbout, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = {
        "uar": ("recall", f"UAR, the mean recall of {len(about.emotions)} emotions"),
        "accuracy": ("accuracy", "Accuracy"),
    }
    metrics = []
    for key, (kind, name) in names.items():
        figure = found[key]
        ends = pages.between(interval(figure))
        known = "too few speakers for an interval"
        if figure["low"] is not None:
            known = f"95 % interval over speakers: {ends}"
        value = round(100 * figure["mean"], 2)
        metrics.append({"type": kind, "name": f"{name} in percent ({known})", "value": value})
    return metrics
