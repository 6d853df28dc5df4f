"""A corpus is one YAML file, and a wrong one gives one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.corpora import CorpusSettings, FolderCorpus, PublicCorpus
from pipeline.core.emotions import EMOTIONS
from pipeline.core.errors import ConfigError, CorpusError
from pipeline.corpora import description, naming, registry
from tests.conftest import ROOT

WHOLE = """
title: Two sentences
homepage: https://example.org
licence: CC BY 4.0
licence_url: https://creativecommons.org/licenses/by/4.0/
non_commercial: false
citation: An example (2026)
description: It is an example.
published: {clips: 2}
sources:
  archives:
    - {name: two.zip, urls: [https://example.org/two.zip]}
naming:
  pattern: '(?P<speaker>[a-z]+)_(?P<emotion>[AB])'
  labels: {emotion: {A: angry, B: bored}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "two.yaml"
    path.write_text(text)
    return path


def test_one_file_is_a_corpus(tmp_path: Path) -> None:
    found = description.read(write(tmp_path, WHOLE))
    clip = naming.read_name("b/anna_B.wav", "two", found.names())
    assert clip is not None
    assert (clip.id, clip.speaker, clip.emotion) == ("two/anna_B", "two-anna", "bored")


def test_a_file_in_the_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, WHOLE)
    monkeypatch.setattr(description, "KNOWN", tmp_path)
    assert description.known() == ["two"]
    two = PublicCorpus(kind="public", corpus="two", complete=True)
    assert registry.expected("two", two) == (2, frozenset())
    assert registry.emotions([two])[-1] == "bored"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("licence: CC", "license: CC", "license is not a known key; did you mean 'licence'"),
        ("clips: 2", "clips: two", "published.clips: 'two' should be"),
        ("(?P<emotion>[AB])", "[AB]", "naming.pattern: has no group (?P<emotion>...)"),
        ("(?P<speaker>[a-z]+)", "(?P<speaker>[a-z]+", "pattern: is no regular expression"),
        ("B: bored", "B: Bored!", "labels.emotion: 'Bored!' is not written like"),
        ("{emotion: {A", "{feeling: {}, emotion: {A", "labels.feeling: no field of a clip"),
        ("archives:", "by_hand: {archive: a, registration: b}\n  archives:", "name either"),
    ],
)
def test_a_wrong_file_gives_one_line_with_its_name_and_key(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    path = write(tmp_path, WHOLE.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        description.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert line in message
    assert "\n" not in message


def test_an_unknown_corpus_names_the_nearest() -> None:
    with pytest.raises(CorpusError, match="did you mean 'ravdess'"):
        description.load("ravdes")


@pytest.mark.parametrize("name", description.known())
def test_every_known_corpus_is_whole(name: str) -> None:
    found = description.load(name)
    assert found.names().labels["emotion"]
    assert found.description.endswith(".")
    assert all(word in found.licence_notice() for word in ("licence", "source", "cite"))
    made_here = name == "demo"
    assert (found.sources is None) == made_here
    assert made_here or found.published.clips


def test_a_corpus_may_have_emotions_of_its_own() -> None:
    emodb = PublicCorpus(kind="public", corpus="emodb", complete=True)
    assert registry.emotions([emodb]) == (*EMOTIONS, "boredom")
    registry.check_emotions(["angry", "boredom"], [emodb], "recipes.demo.emotions")


def test_an_emotion_of_another_corpus_is_refused() -> None:
    ravdess = PublicCorpus(kind="public", corpus="ravdess", complete=True)
    with pytest.raises(ConfigError, match=r"recipes\.demo\.emotions: 'boredom' is not there"):
        registry.check_emotions(["boredom"], [ravdess], "recipes.demo.emotions")


def test_your_own_folder_may_have_any_emotion() -> None:
    own: CorpusSettings = FolderCorpus(
        kind="folder",
        source="/lab",
        table=None,
        emotions={"Wut": "rage"},
        title="Lab",
        licence="private",
        citation="",
        non_commercial=True,
    )
    assert registry.emotions([own]) == (*EMOTIONS, "rage")
    registry.check_emotions(["rage", "longing"], [own], "recipes.demo.emotions")
    with pytest.raises(ConfigError, match="'Rage!' is not there"):
        registry.check_emotions(["Rage!"], [own], "recipes.demo.emotions")


def test_the_documentations_example_is_a_corpus(tmp_path: Path) -> None:
    text = (ROOT / "docs/corpora.md").read_text(encoding="utf-8")
    example = next(part for part in text.split("```") if part.startswith("yaml\ntitle:"))
    found = description.read(write(tmp_path, example.removeprefix("yaml\n")))
    clip = naming.read_name("F01_B_a.wav", "two", found.names())
    assert clip is not None
    assert (clip.speaker, clip.sex, clip.emotion, clip.repetition) == (
        "two-F01",
        "female",
        "boredom",
        1,
    )


def test_the_documentation_lists_every_known_corpus() -> None:
    text = (ROOT / "docs/corpora.md").read_text(encoding="utf-8")
    assert registry.table_of_known() in text
