"""Kinds of heads: found by their modules' names, and sets of them read from params.yaml."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.config import folders
from pipeline.core.errors import ConfigError
from pipeline.heads import registry
from tests.conftest import ROOT
from tests.heads import blobs

NEAREST_MEAN = '''
"""Each class by the mean of its embeddings."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np

from pipeline.heads.head import ArrayHead, Floats, Integers, softmax
from pipeline.heads.settings import LearnedSettings


class NearestMeanSettings(LearnedSettings):
    """How fast a class grows improbable."""

    kind: Literal["nearest-mean"]
    sharpness: float


class NearestMean(ArrayHead):
    """Softmax of the distances to each class's mean."""

    def __init__(self, sharpness: float = 1.0) -> None:
        self.sharpness = sharpness

    def _fit(self, x: Floats, codes: Integers, *_: Any) -> None:
        means = [x[codes == code].mean(axis=0) for code in range(len(self.classes_))]
        self.arrays_ = {"means": np.stack(means)}

    def _probabilities(self, x: Floats) -> Floats:
        distances = np.linalg.norm(x[:, None] - self.arrays_["means"], axis=2)
        return softmax(-self.sharpness * distances)


SETTINGS: Final = NearestMeanSettings
HEAD: Final = NearestMean
'''

USE_IT = """
import sys
from pathlib import Path
from pipeline.heads import NearestMean, fitting, registry
from tests.heads import blobs
assert "nearest-mean" in registry.kinds()
heads = registry.load_heads("nearest", Path(sys.argv[1]))
fitted, predictions = fitting.fit_heads(blobs.table(), blobs.EMOTIONS, heads, validated=True)
fitting.save(fitted[0], Path(sys.argv[1]))
again = registry.load(Path(sys.argv[1]), "by-mean")
assert isinstance(again, NearestMean) and again.sharpness == 2.0
print((predictions["true"] == predictions["predicted"]).mean() > 0.7)
"""


def write(root: Path, **sets: dict[str, Any]) -> Path:
    """Write a params.yaml with sets of heads."""
    YAML().dump({"heads": sets}, root / "params.yaml")
    return root


def test_a_head_is_its_module_and_its_entry_in_a_set(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src/pipeline", tmp_path / "pipeline")
    (tmp_path / "pipeline/heads/nearest_mean.py").write_text(NEAREST_MEAN)
    write(tmp_path, nearest={"by-mean": {"kind": "nearest-mean", "sharpness": 2.0}})
    done = subprocess.run(
        [sys.executable, "-c", USE_IT, str(tmp_path)],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_module_of_a_kind_has_settings(kind: str) -> None:
    settings = registry.HEADS.module(kind).SETTINGS
    assert settings.model_fields["kind"].annotation.__args__ == (kind,)


@pytest.mark.parametrize("name", folders.names("heads", ROOT))
def test_every_set_of_the_repository_can_be_read(name: str) -> None:
    assert registry.load_heads(name, ROOT)


def test_a_set_is_read_in_its_order(tmp_path: Path) -> None:
    root = write(tmp_path, mine={name: blobs.SETTINGS[name] for name in ("svm", "mlp")})
    assert registry.load_heads("mine", root) == {
        "svm": blobs.settings("svm"),
        "mlp": blobs.settings("mlp"),
    }


def test_reading_a_set_imports_its_own_kinds_alone(tmp_path: Path) -> None:
    write(tmp_path, mine={"svm": blobs.SETTINGS["svm"]})
    code = (
        "import sys; from pipeline.heads import registry; registry.load_heads('mine')\n"
        "print({'xgboost', 'lightgbm', 'torch'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "set()\n"


def test_a_vote_on_a_head_of_another_set_is_refused(tmp_path: Path) -> None:
    vote = {"kind": "vote", "members": ["svm", "mpl"], "weights": "equal"}
    root = write(
        tmp_path, mine={"svm": blobs.SETTINGS["svm"], "mlp": blobs.SETTINGS["mlp"], "vote": vote}
    )
    with pytest.raises(ConfigError) as error:
        registry.load_heads("mine", root)
    assert str(error.value) == (
        f"{root / 'params.yaml'}: heads.mine.vote.members: 'mpl' is not there; did you mean 'mlp'?"
    )


def test_an_unknown_set_is_named(tmp_path: Path) -> None:
    root = write(tmp_path, mine={"svm": blobs.SETTINGS["svm"]})
    with pytest.raises(ConfigError, match="heads: 'mien' is not there; did you mean 'mine'"):
        registry.load_heads("mien", root)


def test_a_head_without_its_set_is_refused(tmp_path: Path) -> None:
    root = write(tmp_path, svm=blobs.SETTINGS["svm"])
    with pytest.raises(ConfigError, match=r"heads\.svm: expected a set of heads"):
        registry.load_heads("svm", root)


def test_versions_are_of_the_libraries_that_are_here() -> None:
    import lightgbm
    import sklearn
    import xgboost

    versions = registry.versions()
    assert versions["lightgbm"] == lightgbm.__version__
    assert versions["scikit-learn"] == sklearn.__version__
    assert versions["xgboost"] == xgboost.__version__
