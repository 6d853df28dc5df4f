"""Layers of speech encoders, with tiny untrained models of each family."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.config.base import parse
from pipeline.config.folders import load
from pipeline.config.trainings import TrainingSettings
from pipeline.config.views import SpeechViewSettings, ViewSettings
from pipeline.core.errors import AudioError, ViewError
from pipeline.networks.registry import parse_network
from pipeline.training import loop
from pipeline.training.clips import clips
from pipeline.views import encoders, pack, packed, sheet
from pipeline.views.encoders import SpeechEncoder
from tests.conftest import ROOT, Record
from tests.views.conftest import AUDIO
from tests.views.waves import voice

transformers = pytest.importorskip("transformers", reason="without: make speech")

WIDTH, LAYERS = 16, 2
SIZES = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
WAVES = {
    **SIZES,
    "conv_dim": (8,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}


def wave_model(kind: str, folder: Path) -> None:
    config = getattr(transformers, f"{kind}Config")(**WAVES)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)


def whisper(folder: Path) -> None:
    config = transformers.WhisperConfig(
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        vocab_size=64,
        **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), 0),
        decoder_start_token_id=1,
    )
    transformers.WhisperModel(config).save_pretrained(folder)
    transformers.WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)


def ast(folder: Path) -> None:
    config = transformers.ASTConfig(**SIZES, max_length=320)
    transformers.ASTModel(config).save_pretrained(folder)
    transformers.ASTFeatureExtractor(max_length=320).save_pretrained(folder)


FAMILIES: dict[str, Callable[[Path], None]] = {
    "wav2vec2": lambda folder: wave_model("Wav2Vec2", folder),
    "hubert": lambda folder: wave_model("Hubert", folder),
    "wavlm": lambda folder: wave_model("WavLM", folder),
    "whisper": whisper,
    "ast": ast,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each family, as a person would have downloaded it."""
    root = tmp_path_factory.mktemp("encoders")
    torch.manual_seed(0)
    for name, save in FAMILIES.items():
        save(root / name)
    return {name: root / name for name in FAMILIES}


def settings(
    encoder: Path | str, audio: dict[str, Any] | None = None, revision: str | None = None
) -> SpeechViewSettings:
    data: dict[str, Any] = {
        "kind": "speech",
        "dataset": "demo",
        "audio": {**AUDIO, "seconds": None, **(audio or {})},
        "encoder": str(encoder),
        "revision": revision,
        "augment": [],
    }
    made: SpeechViewSettings = parse(ViewSettings, data, "views.test")  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize("name", FAMILIES)
def test_every_layer_is_averaged_over_time(name: str, folders: dict[str, Path]) -> None:
    chosen = settings(folders[name])
    row = SpeechEncoder(chosen).row(voice(1))
    assert row.shape == encoders.shape(chosen) == (LAYERS + 1, WIDTH)
    assert row.dtype == np.float32 and np.isfinite(row).all()
    np.testing.assert_array_equal(row, SpeechEncoder(chosen).row(voice(1)))
    assert np.abs(row - SpeechEncoder(chosen).row(voice(2))).max() > 1e-4


@pytest.mark.parametrize("name", ["wav2vec2", "hubert", "wavlm"])
def test_it_is_what_the_library_gives(name: str, folders: dict[str, Path]) -> None:
    wave = voice(3, seconds=1.0)
    model = transformers.AutoModel.from_pretrained(folders[name]).eval()
    scaled = (wave - wave.mean()) / np.sqrt(wave.var() + 1e-7)
    with torch.inference_mode():
        states = model(torch.from_numpy(scaled)[None], output_hidden_states=True).hidden_states
    expected = np.stack([state[0].mean(dim=0).numpy() for state in states])
    np.testing.assert_allclose(
        SpeechEncoder(settings(folders[name])).row(wave), expected, atol=1e-5
    )


def test_whispers_padding_is_left_out(folders: dict[str, Path]) -> None:
    wave = voice(3, seconds=2.0)
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folders["whisper"])
    model = transformers.AutoModel.from_pretrained(folders["whisper"]).eval().get_encoder()
    given = extractor(wave, sampling_rate=16_000, return_tensors="pt").input_features
    with torch.inference_mode():
        states = model(given, output_hidden_states=True).hidden_states
    expected = np.stack([state[0, :100].mean(dim=0).numpy() for state in states])
    row = SpeechEncoder(settings(folders["whisper"])).row(wave)
    np.testing.assert_allclose(row, expected, atol=1e-5)


def test_asts_padding_is_left_out(folders: dict[str, Path]) -> None:
    wave = voice(3, seconds=1.0)
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folders["ast"])
    model = transformers.AutoModel.from_pretrained(folders["ast"]).eval()
    given = extractor(wave, sampling_rate=16_000, return_tensors="pt").input_values
    patches = model.embeddings.patch_embeddings
    with torch.inference_mode():
        # Twelve bands by thirty-one moments, of which the first ten begin in this second.
        grid = patches(given)[0].reshape(12, 31, WIDTH)
        places = model.embeddings.position_embeddings[0, 2:].reshape(12, 31, WIDTH)
    moments = math.ceil((100 - 16) / 10) + 1
    expected = (grid + places)[:, :moments].mean(dim=(0, 1)).detach().numpy()
    row = SpeechEncoder(settings(folders["ast"])).row(wave)
    np.testing.assert_allclose(row[0], expected, atol=1e-5)


@pytest.mark.parametrize(("name", "seconds"), [("whisper", 31.0), ("ast", 4.0)])
def test_what_is_longer_than_an_encoder_takes_is_refused(
    name: str, seconds: float, folders: dict[str, Path]
) -> None:
    with pytest.raises(AudioError, match=r"are more than the .* takes; give the view a length"):
        SpeechEncoder(settings(folders[name])).row(voice(1, seconds=seconds))


def test_a_view_packs_layers_and_says_of_which_weights(
    folders: dict[str, Path], record: Record, tmp_path: Path
) -> None:
    recordings = [
        (f"demo/{number}", record(f"{number}.wav", seed=number), str(number)) for number in range(3)
    ]
    chosen = settings(folders["wavlm"])
    folder = tmp_path / "view"
    about = pack.pack(recordings, chosen, folder, tmp_path / "work", seed=0, progress=False)
    view = packed.open_view(folder)
    assert about.encoder is not None
    assert view.array.shape == (3, LAYERS + 1, WIDTH)
    assert about.encoder["kind"] == "wavlm" and len(about.encoder["weights"]) == 64
    assert about.encoder["transformers"] == transformers.__version__
    sheet.clip_picture(voice(1), voice(1), view.array[0], chosen, "a clip", tmp_path / "clip.png")
    assert (tmp_path / "clip.png").stat().st_size > 1000


def test_a_network_learns_the_weights_of_layers() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(64) % 4
    array = rng.normal(size=(64, 5, 8)).astype(np.float32)
    array[:, 3, :4] += 4 * np.eye(4, dtype=np.float32)[labels]
    paper = load(TrainingSettings, "trainings", "telugu", root=ROOT)
    pace = {"epochs": 60, "rate": 0.01, "batch": 16}
    fitted = loop.fit(
        clips(array, labels), None,
        parse_network(
            {"kind": "layers", "width": 8, "between": 0.0, "dropout": 0.0, "normalise": "band"}
        ),
        parse(TrainingSettings, {**paper.model_dump(), **pace}),
        emotions=4, seed=0, progress=False,
    )  # fmt: skip
    assert int(fitted.network.state_dict()["scores"].argmax()) == 3


def test_an_encoder_wants_its_own_rate(folders: dict[str, Path]) -> None:
    with pytest.raises(ViewError, match=r"takes 16000 Hz .* write audio\.rate: 16000"):
        SpeechEncoder(settings(folders["wavlm"], {"rate": 22_050}))


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    transformers.BertConfig(**SIZES).save_pretrained(tmp_path)
    with pytest.raises(ViewError, match="bert is no known kind of encoder"):
        encoders.shape(settings(tmp_path))


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(ViewError, match="no/where: no such folder"):
        encoders.shape(settings("no/where"))


def test_offline_the_cure_is_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ViewError, match="hf download microsoft/wavlm-base-plus --local-dir FOLDER"):
        encoders.shape(settings("microsoft/wavlm-base-plus", revision="main"))


def test_without_the_library_its_name_is_given(
    monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ViewError, match="need transformers; install it with: make speech"):
        encoders.shape(settings(folders["wavlm"]))
