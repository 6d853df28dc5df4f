"""Network families: found by their modules' names, imported when they are asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.core.errors import ConfigError
from pipeline.networks import registry
from pipeline.networks.network import Network
from tests.conftest import ROOT

ONE_LAYER = '''
"""Rows of numbers through a single layer."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from torch import Tensor, nn

from pipeline.networks.network import Network
from pipeline.networks.settings import NetworkSettings, Width


class OneLayerSettings(NetworkSettings):
    """The width of the layer."""

    kind: Literal["one-layer"]
    width: Width


class OneLayer(Network):
    """A single layer."""

    takes: ClassVar[str] = "rows of numbers"
    axes: ClassVar[int | None] = 2

    def __init__(self, settings: OneLayerSettings, shape: tuple[int, ...], emotions: int) -> None:
        super().__init__(settings, shape, settings.width, emotions)
        self.body = nn.Linear(shape[1], settings.width)

    def represent(self, rows: Tensor) -> Tensor:
        return self.body(rows.flatten(1))


SETTINGS: Final = OneLayerSettings
NETWORK: Final = OneLayer
'''

USE_IT = """
import sys
from pathlib import Path
import torch
from pipeline.networks import registry
settings = registry.load_network("mine", Path(sys.argv[1]))
network = registry.make(settings, (1, 180), 8)
assert "one-layer" in registry.families()
print(network(torch.zeros(2, 1, 180)).shape, registry.weights(network))
"""


def test_a_family_is_its_module_and_its_entry_in_params(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src/pipeline", tmp_path / "pipeline")
    (tmp_path / "pipeline/networks/one_layer.py").write_text(ONE_LAYER)
    mine = {"kind": "one-layer", "width": 10, "dropout": 0.1, "normalise": "band"}
    YAML().dump({"networks": {"mine": mine}}, tmp_path / "params.yaml")
    done = subprocess.run(
        [sys.executable, "-c", USE_IT, str(tmp_path)],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == f"torch.Size([2, 8]) {180 * 10 + 10 + 10 * 8 + 8}\n", done.stderr


def test_one_family_is_made_without_importing_the_others() -> None:
    code = (
        "import sys; from pipeline.networks import registry; registry.families()\n"
        "shared = {name for name in sys.modules if name.startswith('pipeline.networks.')}\n"
        "registry.load_network('small')\n"
        "print({n for n in sys.modules if n.startswith('pipeline.networks.')} - shared)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "{'pipeline.networks.spectrogram_net'}\n"


@pytest.mark.parametrize("kind", registry.families())
def test_every_family_has_settings_and_a_network(kind: str) -> None:
    assert registry.settings(kind).model_fields["kind"].annotation.__args__ == (kind,)  # type: ignore[union-attr]
    assert issubclass(registry.FAMILIES.module(kind).NETWORK, Network)


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(ConfigError, match=r"networks\.mine\.kind: 'resnet8' .* mean 'resnet9'"):
        registry.parse_network({"kind": "resnet8"}, "networks.mine")


def test_an_unknown_network_is_named() -> None:
    with pytest.raises(ConfigError, match=r"params\.yaml: networks: 'smal' .* mean 'small'"):
        registry.load_network("smal", ROOT)
