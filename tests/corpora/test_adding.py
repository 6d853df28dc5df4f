"""A known corpus added to inputs/params.yaml."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError, CorpusError
from pipeline.corpora import registry
from pipeline.corpora.adding import add
from tests.conftest import ROOT


@pytest.fixture
def params(tmp_path: Path) -> Path:
    """A copy of the repository's file."""
    (tmp_path / "inputs").mkdir()
    shutil.copy(ROOT / "inputs/params.yaml", tmp_path / "inputs/params.yaml")
    return tmp_path / "inputs/params.yaml"


def test_two_lines_are_added_and_every_other_is_kept(params: Path) -> None:
    before = params.read_text().splitlines()
    add("emodb", params.parent.parent)
    after = params.read_text().splitlines()
    added = [line for line in after if line not in before]
    assert added == [
        "  emodb: {kind: public, corpus: emodb, complete: true, "
        "source: src/pipeline/corpora/known/emodb.yaml}",
        "  emodb: {corpora: [emodb]}",
    ]
    assert [line for line in after if line not in added] == before


def test_what_was_added_can_be_used(params: Path) -> None:
    add("emodb", params.parent.parent)
    (settings,) = registry.of_dataset("emodb", params.parent.parent).values()
    assert registry.describe(settings).published.clips == 535


def test_what_is_there_is_refused(params: Path) -> None:
    before = params.read_bytes()
    with pytest.raises(ConfigError, match=r"corpora\.ravdess is there already"):
        add("ravdess", params.parent.parent)
    assert params.read_bytes() == before


def test_an_unknown_corpus_names_the_nearest(params: Path) -> None:
    with pytest.raises(CorpusError, match="'emobd' is not there; did you mean 'emodb'"):
        add("emobd", params.parent.parent)


def test_entries_of_several_lines_and_comments_stay_where_they_are(params: Path) -> None:
    params.write_text(
        "# first\ncorpora:\n  lab:\n    kind: folder   # own\n    emotions:\n      Wut: angry\n"
        "# between\ndatasets:\n  lab: {corpora: [lab]}  # one\n\n# last"
    )
    add("tess", params.parent.parent)
    assert params.read_text() == (
        "# first\ncorpora:\n  lab:\n    kind: folder   # own\n    emotions:\n      Wut: angry\n"
        "  tess: {kind: public, corpus: tess, complete: true, "
        "source: src/pipeline/corpora/known/tess.yaml}\n"
        "# between\ndatasets:\n  lab: {corpora: [lab]}  # one\n  tess: {corpora: [tess]}\n\n# last"
    )


def test_a_section_in_one_line_is_left_to_a_person(params: Path) -> None:
    params.write_text("corpora: {}\ndatasets: {}\n")
    with pytest.raises(ConfigError, match="no section 'corpora' with an entry a line"):
        add("tess", params.parent.parent)
    assert params.read_text() == "corpora: {}\ndatasets: {}\n"
