"""The corpora of a repository: their clips, their emotions, and the table of known ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.config.base import unknown
from pipeline.config.corpora import CorpusSettings, DatasetSettings, DemoCorpus, FolderCorpus
from pipeline.config.folders import load as load_section
from pipeline.core.emotions import EMOTIONS, NAME, ordered
from pipeline.core.errors import ConfigError
from pipeline.corpora import folder, naming
from pipeline.corpora.description import Description, Published, known, load
from pipeline.corpora.files import Listing

DEMO = "demo"
"""The name of the description of synthetic speech."""


def describe(settings: CorpusSettings) -> Description:
    """What is known of a corpus: its YAML file, or the settings of your own folder.

    Raises:
        CorpusError: there is no such public corpus.
    """
    if isinstance(settings, FolderCorpus):
        return Description(
            title=settings.title,
            homepage="your own recordings",
            licence=settings.licence,
            licence_url="",
            non_commercial=settings.non_commercial,
            citation=settings.citation,
            description="These are recordings from a folder of this machine.",
        )
    return load(DEMO if isinstance(settings, DemoCorpus) else settings.corpus)


def clips(source: Path, name: str, settings: CorpusSettings) -> Listing:
    """Read what file names and tables say of each recording of a corpus.

    Args:
        source: the corpus's folder.
        name: of the corpus; ids of clips and speakers begin with it.
        settings: of the corpus.
    """
    if isinstance(settings, FolderCorpus):
        return folder.clips(source, name, settings)
    return naming.clips(source, name, describe(settings).names())


def expected(name: str, settings: CorpusSettings) -> tuple[int | None, frozenset[str]]:
    """How many clips there should be, and their ids where the corpus lets us name them."""
    if isinstance(settings, FolderCorpus):
        return None, frozenset()
    description = describe(settings)
    if isinstance(settings, DemoCorpus):
        codes = tuple(f"{number:02}" for number in range(1, settings.speakers + 1))
        ids = naming.grid(name, description.names(), codes)
        return len(ids), ids
    stems = (Path(file.name).stem for file in description.recordings())
    single = frozenset(f"{name}/{stem}" for stem in stems)
    return description.published.clips, single or naming.grid(name, description.names())


def emotions(corpora: Iterable[CorpusSettings]) -> tuple[str, ...]:
    """The emotions that recipes on some corpora may use: the common ones and the corpora's own.

    Labels of your own folder that its settings do not translate are not listed, for they
    are known only when it is read; :func:`check_emotions` accepts them.

    Example:
        >>> from pipeline.config.corpora import PublicCorpus
        >>> emotions([PublicCorpus(kind="public", corpus="emodb", complete=True)])[-2:]
        ('surprise', 'boredom')
    """
    found: set[str] = set(EMOTIONS)
    for settings in corpora:
        if isinstance(settings, FolderCorpus):
            found |= set(settings.emotions.values())
        else:
            found |= set(map(str, describe(settings).names().labels["emotion"].values()))
    return tuple(ordered(found))


def check_emotions(names: Iterable[str], corpora: Iterable[CorpusSettings], where: str) -> None:
    """Stop at an emotion that no clip of some corpora can have.

    Args:
        names: emotions, such as a recipe's.
        corpora: settings of its dataset's corpora.
        where: what to call the place in a message.

    Raises:
        ConfigError: an emotion is neither a common one nor one of the corpora's own.
    """
    corpora = list(corpora)
    known_names = emotions(corpora)
    open_ended = any(isinstance(settings, FolderCorpus) for settings in corpora)
    for name in names:
        if name not in known_names and not (open_ended and NAME.fullmatch(name)):
            raise ConfigError(unknown(name, known_names, where))


def of_dataset(dataset: str, root: Path = Path()) -> dict[str, CorpusSettings]:
    """The corpora of a dataset by name, in its order.

    Raises:
        ConfigError: there is no such dataset, or no such corpus.
    """
    kind: Any = CorpusSettings
    settings = load_section(DatasetSettings, "datasets", dataset, root=root)
    check_dataset(dataset, settings)
    return {name: load_section(kind, "corpora", name, root=root) for name in settings.corpora}


def check_dataset(name: str, settings: DatasetSettings, where: str = "") -> None:
    """Stop where a dataset's folder would not be its corpora's.

    A dataset of one corpus reads that corpus where it was downloaded, so it has the
    corpus's name; a dataset of several has a folder of its own, so it has another.

    Args:
        name: of the dataset.
        settings: of the dataset.
        where: what a message begins with.

    Raises:
        ConfigError: the name is wrong.

    Example:
        >>> check_dataset("mine", DatasetSettings(corpora=("ravdess",)))
        Traceback (most recent call last):
        ...
        pipeline.core.errors.ConfigError: datasets.mine: a dataset of one corpus has its name...
    """
    if len(settings.corpora) == 1 and name != settings.corpora[0]:
        raise ConfigError(
            f"{where}datasets.{name}: a dataset of one corpus has its name; "
            f"call it {settings.corpora[0]}"
        )
    if len(settings.corpora) > 1 and name in settings.corpora:
        raise ConfigError(
            f"{where}datasets.{name}: a dataset of several corpora needs another name than "
            "each of them"
        )


def folders(source: Path, corpora: Iterable[str]) -> dict[str, Path]:
    """Where each corpus of a dataset lies below the dataset's folder.

    Example:
        >>> folders(Path("data/corpora/demo"), ["demo"])["demo"].as_posix()
        'data/corpora/demo'
        >>> folders(Path("data/corpora/both"), ["demo", "tess"])["demo"].as_posix()
        'data/corpora/both/demo'
    """
    names = list(corpora)
    return {name: source / name if len(names) > 1 else source for name in names}


def table_of_known() -> str:
    """The known corpora as a table in Markdown, for the documentation."""
    lines = ["| name | corpus | clips | speakers | emotions of its own | licence | comes |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name in known():
        item = load(name)
        own = [label for label in _labels(item) if label not in EMOTIONS]
        cells = [
            f"`{name}`",
            f"[{item.title}]({item.homepage})" if "://" in item.homepage else item.title,
            _count(item.published, "clips"),
            _count(item.published, "speakers"),
            ", ".join(own) or "–",
            item.licence + (", not for commercial use" if item.non_commercial else ""),
            _way(item),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _labels(item: Description) -> list[str]:
    return ordered(map(str, item.names().labels["emotion"].values()))


def _count(published: Published, what: str) -> str:
    number = getattr(published, what)
    return "as set" if number is None else str(number)


def _way(item: Description) -> str:
    if item.sources is None:
        return "made here"
    return "by hand" if item.sources.by_hand else "downloaded"
