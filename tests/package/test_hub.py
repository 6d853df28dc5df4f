"""A package in the layout of the Hugging Face Hub, and its upload; nothing leaves this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import PackageError
from pipeline.package import hub
from pipeline.package.export import export
from pipeline.package.listener import Listener
from pipeline.package.package import open_package
from tests.package import examples


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which a recipe without a network was evaluated."""
    return examples.evaluate_without_network(tmp_path_factory.mktemp("repository"))


@pytest.fixture
def folder(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its package in the Hub's layout."""
    monkeypatch.chdir(root)
    export("numbers", "svm", Path("exports/numbers"), progress=False)
    hub.write(Path("exports/numbers"), tmp_path / "hub")
    return tmp_path / "hub"


class Hub(ModuleType):
    """Stands in for huggingface_hub: notes what it is asked for."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__("huggingface_hub")
        self.asked: list[tuple[str, Any]] = []
        asked = self.asked

        class HfApi:
            def __init__(self, token: str) -> None:
                asked.append(("token", token))

            def create_repo(self, name: str, **options: Any) -> None:
                asked.append((name, options))

            def upload_folder(self, **options: Any) -> None:
                if error is not None:
                    raise error
                asked.append(("files", sorted(Path(options["folder_path"]).iterdir())))

        self.HfApi = HfApi


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Hub:
    """huggingface_hub is there, and a token."""
    module = Hub()
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    return module


def test_its_readme_begins_with_what_the_hub_reads(folder: Path) -> None:
    empty, front, card = (folder / "README.md").read_text().split("---\n", 2)
    data = yaml.safe_load(front)
    assert empty == ""
    assert (data["license"], data["pipeline_tag"]) == ("cc-by-4.0", "audio-classification")
    (result,) = data["model-index"][0]["results"]
    exported = json.loads((folder / "export.json").read_text())
    uar = exported["tested"]["uar"]
    first, second = result["metrics"]
    assert first["value"] == pytest.approx(100 * uar["mean"], abs=0.01)
    assert f"95 % interval over speakers: {100 * uar['low']:.1f} to" in first["name"]
    assert second["type"] == "accuracy"
    named = "Lab: 36 clips of 6 speakers; protocol speaker, no speaker and no recording on both"
    assert result["dataset"]["name"].startswith(named)
    assert "# Model card: numbers, svm" in card
    assert "ser predict voice.wav --model ." in card


def test_it_predicts_as_the_export_does(folder: Path, tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "voice.wav", examples.tone(1), examples.RATE)
    ours, theirs = (
        Listener(open_package(place)).predict(tmp_path / "voice.wav")
        for place in (Path("exports/numbers"), folder)
    )
    assert ours == theirs


def test_its_config_names_the_classes(folder: Path) -> None:
    data = json.loads((folder / "config.json").read_text())
    assert data["id2label"] == {"0": "happy", "1": "sad", "2": "angry"}
    assert data["sampling_rate"] == 16_000


def test_large_files_are_named_and_recordings_of_this_machine_are_not(folder: Path) -> None:
    assert "*.safetensors filter=lfs" in (folder / ".gitattributes").read_text()
    assert json.loads((folder / "export.json").read_text())["samples"] == []
    assert not (folder / "model_card.md").exists()


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["CC BY-NC-SA 4.0"], {"license": "cc-by-nc-sa-4.0"}),
        (["CC BY 4.0", "CC BY 4.0"], {"license": "cc-by-4.0"}),
        (["private"], {"license": "other", "license_name": "private"}),
        (
            ["CC BY 4.0", "ODbL 1.0"],
            {"license": "other", "license_name": "CC BY 4.0; ODbL 1.0"},
        ),
    ],
)
def test_its_licence_is_the_datas(licences: list[str], expected: dict[str, str]) -> None:
    corpora = [{"licence": licence, "licence_url": ""} for licence in licences]
    assert hub._licence(corpora) == expected


@pytest.mark.parametrize("there", ["notes.txt", ".git/HEAD"])
def test_what_is_no_export_is_never_replaced(folder: Path, tmp_path: Path, there: str) -> None:
    (path := tmp_path / "mine" / there).parent.mkdir(parents=True)
    path.write_text("precious")
    with pytest.raises(PackageError, match="mine: holds something else; name a folder that is"):
        hub.write(Path("exports/numbers"), tmp_path / "mine")
    with pytest.raises(PackageError, match="holds something else"):
        export("numbers", "svm", tmp_path / "mine", progress=False)
    assert path.read_text() == "precious"


def test_it_is_uploaded_and_private_unless_asked(folder: Path, installed: Hub) -> None:
    address = hub.push(folder, "somebody/numbers")
    assert address == "https://huggingface.co/somebody/numbers"
    token, made, files = installed.asked
    assert token == ("token", "hf_secret")
    assert made == ("somebody/numbers", {"private": True, "exist_ok": True})
    assert folder / "README.md" in files[1]


def test_a_failed_upload_is_one_line_without_the_token(
    folder: Path, installed: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub(RuntimeError("403 Forbidden\nmore")))
    with pytest.raises(PackageError) as error:
        hub.push(folder, "somebody/numbers")
    assert str(error.value).startswith("somebody/numbers: not uploaded (403 Forbidden); ")
    assert "\n" not in str(error.value) and "hf_secret" not in str(error.value)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(PackageError, match="install it with: pip install huggingface_hub"):
        hub.check_push("somebody/numbers")


def test_without_a_token_it_says_what_to_set(
    installed: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(PackageError, match="no token for the Hub: set HF_TOKEN to one that may"):
        hub.check_push("somebody/numbers")


@pytest.mark.parametrize("name", ["numbers", "https://huggingface.co/a/b", "a/b/c", ""])
def test_a_repository_is_an_owner_and_a_name(installed: Hub, name: str) -> None:
    with pytest.raises(PackageError, match="is no repository of the Hub; write it as owner/name"):
        hub.check_push(name)


def test_the_command_writes_and_uploads_it(
    root: Path, tmp_path: Path, installed: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    target = str(tmp_path / "out")
    done = CliRunner().invoke(app, ["export", "numbers", "--hub", target, "--push", "me/numbers"])
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert f"for the Hub: {target}; uploaded to https://huggingface.co/me/numbers" in said
    assert installed.asked[1][0] == "me/numbers"


def test_the_command_stops_before_the_export_where_it_could_not_upload(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    words = ["export", "numbers", "--to", str(tmp_path / "new"), "--push", "me/numbers"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "--push uploads the layout of the Hub; name its folder with --hub" in done.stderr
    done = CliRunner().invoke(app, [*words, "--hub", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "pip install huggingface_hub" in done.stderr
    assert not (tmp_path / "new").exists()
