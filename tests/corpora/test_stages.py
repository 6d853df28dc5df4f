"""From an entry in inputs/params.yaml to a dataset's index and card."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from pipeline.config.base import read_params
from pipeline.core.errors import ConfigError, CorpusError, DownloadError, ReportError
from pipeline.core.layout import Layout
from pipeline.corpora.fetch.bring import MIRROR
from pipeline.corpora.index import table as tables
from pipeline.stages import card, combine, download, index
from tests.conftest import ROOT, Record

LAB = "{kind: folder, source: PATH, table: null, emotions: {}, title: Lab, licence: private, "
LAB += "citation: none, non_commercial: true}"


def configure(root: Path, corpora: dict[str, str], datasets: dict[str, str]) -> None:
    """Write inputs/params.yaml with these entries and the repository's other settings."""
    params = read_params(ROOT / "inputs/params.yaml")
    sections = [
        f"download: {json.dumps({**params['download'], 'retries': 0, 'backoff': 0.01})}",
        f"index: {json.dumps(params['index'])}",
        "corpora:",
        *(f"  {name}: {entry}" for name, entry in corpora.items()),
        "datasets:",
        *(f"  {name}: {{corpora: {entry}}}" for name, entry in datasets.items()),
    ]
    (root / "inputs").mkdir(exist_ok=True)
    (root / "inputs/params.yaml").write_text("\n".join(sections) + "\n")


@pytest.fixture
def root(tmp_path: Path, record: Record, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with three small corpora, of which one was put there by hand."""
    monkeypatch.delenv(MIRROR, raising=False)
    for corpus, seed in (("lab", 1), ("clinic", 2)):
        record(f"own/{corpus}/sad/anna_1.wav", seed=seed)
        record(f"own/{corpus}/longing/bert_1.wav", seed=seed + 2)
    record("savee.wav", seed=5)
    repository = tmp_path / "repository"
    (repository / "data/incoming").mkdir(parents=True)
    with zipfile.ZipFile(repository / "data/incoming/AudioData.zip", "w") as archive:
        archive.write(tmp_path / "savee.wav", "AudioData/DC/a01.wav")
    configure(
        repository,
        {
            "lab": LAB.replace("PATH", str(tmp_path / "own/lab")),
            "clinic": LAB.replace("PATH", str(tmp_path / "own/clinic")),
            "savee": "{kind: public, corpus: savee, complete: false}",
            "tess": "{kind: public, corpus: tess, complete: true}",
        },
        {
            "lab": "[lab]",
            "savee": "[savee]",
            "both": "[lab, savee]",
            "mine": "[lab]",
            "clinic": "[lab, clinic]",
        },
    )
    return repository


def test_a_corpus_is_brought_to_its_own_folder(root: Path) -> None:
    for corpus in ("lab", "savee"):
        download.main(corpus, root)
    assert (root / "data/corpora/lab/sad/anna_1.wav").is_file()
    assert (root / "data/corpora/savee/AudioData/DC/a01.wav").is_file()


def test_the_licence_is_shown_before_anything_is_fetched(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "data/incoming/AudioData.zip").unlink()
    with pytest.raises(DownloadError, match="register at"):
        download.main("savee", root)
    assert "(SAVEE): free for research" in capsys.readouterr().out


def test_a_mirror_in_the_environment_wins(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror").mkdir()
    shutil.copy(root / "data/incoming/AudioData.zip", tmp_path / "mirror/tess.zip")
    monkeypatch.setenv(MIRROR, str(tmp_path / "mirror"))
    download.main("tess", root)
    assert (root / "data/corpora/tess/AudioData/DC/a01.wav").is_file()


def test_what_is_here_is_not_fetched_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    download.main("savee", root)
    (root / "data/incoming/AudioData.zip").unlink()
    download.main("savee", root)
    assert "is here already" in capsys.readouterr().out
    assert (root / "data/corpora/savee/AudioData/DC/a01.wav").is_file()


def test_what_lost_a_file_is_fetched_again(root: Path) -> None:
    download.main("savee", root)
    clip = root / "data/corpora/savee/AudioData/DC/a01.wav"
    clip.unlink()
    download.main("savee", root)
    assert clip.is_file()


def test_a_corpus_that_is_not_listed_names_the_nearest(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"inputs/params\.yaml: corpora: 'laab' .* mean 'lab'"):
        download.main("laab", root)


def test_corpora_are_combined_by_links(root: Path) -> None:
    for corpus in ("lab", "savee"):
        download.main(corpus, root)
    combine.main("both", root)
    one = root / "data/corpora/lab/sad/anna_1.wav"
    other = root / "data/corpora/both/lab/sad/anna_1.wav"
    assert one.samefile(other)
    assert (root / "data/corpora/both/savee/AudioData/DC/a01.wav").is_file()


def test_a_corpus_that_is_not_here_cannot_be_combined(root: Path) -> None:
    download.main("lab", root)
    with pytest.raises(CorpusError, match="savee: not downloaded; run: ser run download@savee"):
        combine.main("both", root)
    assert not (root / "data/corpora/both").exists()


def test_a_dataset_of_one_corpus_is_not_combined(root: Path) -> None:
    with pytest.raises(CorpusError, match=r"datasets\.lab: has one corpus"):
        combine.main("lab", root)


@pytest.mark.parametrize(
    ("dataset", "line"),
    [
        ("mine", "a dataset of one corpus has its name; call it lab"),
        ("clinic", "needs another name than each of them"),
    ],
)
def test_a_dataset_is_named_so_that_its_folder_is_its_own(
    root: Path, dataset: str, line: str
) -> None:
    with pytest.raises(ConfigError, match=line):
        index.main(dataset, root)


def test_an_index_is_a_folder_with_table_and_card(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for corpus in ("lab", "savee"):
        download.main(corpus, root)
    combine.main("both", root)
    index.main("both", root)
    folder = Layout(root).index("both")
    names = {"clips.csv", "summary.json", "card.md", "card.png", "croissant.json"}
    assert {path.name for path in folder.iterdir()} == names
    table = tables.read(Layout(root).clips("both"))
    assert list(table["emotion"]) == ["longing", "sad", "angry"]
    assert all((Layout(root).corpus("both") / path).is_file() for path in table["path"])
    assert "note: savee: 1 clips, 480 expected" in capsys.readouterr().out


def test_a_failed_index_leaves_the_earlier_one(root: Path) -> None:
    download.main("lab", root)
    index.main("lab", root)
    before = Layout(root).clips("lab").read_bytes()
    shutil.rmtree(root / "data/corpora/lab")
    with pytest.raises(CorpusError, match="lab: not downloaded; run: ser run index@lab"):
        index.main("lab", root)
    assert Layout(root).clips("lab").read_bytes() == before


def test_the_card_is_copied_to_where_git_keeps_it(root: Path) -> None:
    download.main("lab", root)
    index.main("lab", root)
    card.main("lab", root)
    copied = {path.name for path in Layout(root).card("lab").iterdir()}
    assert copied == {"summary.json", "card.md", "card.png", "croissant.json"}


def test_a_card_without_an_index_says_how_to_make_it(root: Path) -> None:
    with pytest.raises(ReportError, match=r"card\.md: not there; run: ser run index@lab"):
        card.main("lab", root)
    assert not Layout(root).card("lab").exists()
