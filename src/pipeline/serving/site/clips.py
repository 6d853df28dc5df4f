"""The recordings of accounts: predicted, drawn, stored, shown to their owner, deleted."""

from __future__ import annotations

import re
import shutil
import time
import uuid
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from pipeline.config.views import ImageViewSettings
from pipeline.core.errors import SiteError
from pipeline.core.storage import read_json, write_json
from pipeline.corpora import media
from pipeline.package.listener import Listener, Prepared
from pipeline.serving.service import Model
from pipeline.serving.site import drawings
from pipeline.serving.site.accounts import DAY
from pipeline.serving.site.store import Store
from pipeline.serving.site.tables import Clip, Person
from pipeline.views import audio

ID: Final = re.compile(r"[0-9a-f]{32}")
RECORDING: Final = "recording"
DRAWING: Final = "look.json"
LONGEST_NAME: Final = 120
MEDIA: Final = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "aiff": "audio/aiff",
    "mp4": "audio/mp4",
    "aac": "audio/aac",
    "webm": "audio/webm",
}
"""Media types by format; other formats are sent as bytes."""


class Clips:
    """The recordings of a store.

    Attributes:
        store: of the files and rows.
        megabytes: of recordings that each person may store.
    """

    def __init__(self, store: Store, megabytes: float) -> None:
        self.store = store
        self.megabytes = megabytes

    def add(
        self,
        person: Person,
        source: Path,
        name: str,
        origin: str,
        model: Model,
        sample: dict[str, Any] | None = None,
    ) -> Clip:
        """Predict a recording and store it with its prediction and drawings.

        Args:
            person: whose it is.
            source: the file; it is copied.
            name: what the person calls it.
            origin: ``upload``, ``recording`` or ``sample``.
            model: that predicts it.
            sample: facts of a corpus's recording; only the runs that did not train on it
                predict it.

        Raises:
            AudioError: it cannot be used; nothing is stored.
            SiteError: the person's recordings would take too much space.
        """
        self._check_space(person, source.stat().st_size)
        listener = model.listener if sample is None else model.listener.of_fold(sample["fold"])
        item = listener.prepare(source)
        now = int(time.time())
        row = Clip(
            id=uuid.uuid4().hex,
            person_id=person.id,
            name=display_name(name),
            origin=origin,
            kind=_kind(source),
            answer=listener.predict_prepared(item).as_dict(),
            model=describe(model),
            sample=sample,
            created=now,
            expires=now + round(self.store.keep_days * DAY),
        )
        partial = self.store.clips / f".{row.id}.partial"
        try:
            partial.mkdir()
            shutil.copyfile(source, partial / RECORDING)
            _draw(source, item, listener, partial)
            row.size = sum(path.stat().st_size for path in partial.iterdir())
            self._check_space(person, row.size)
            partial.rename(self.store.clips / row.id)
            with self.store.open() as session:
                session.add(row)
        except BaseException as error:
            self.store.discard([partial.name, row.id])
            if isinstance(error, IntegrityError):
                raise SiteError("the account is gone, and the recording with it") from None
            raise
        return row

    def of(self, person: Person, most: int | None = None) -> list[Clip]:
        """A person's recordings, the newest first."""
        own = select(Clip).where(Clip.person_id == person.id)
        with self.store.open() as session:
            return list(session.scalars(own.order_by(Clip.created.desc(), Clip.id).limit(most)))

    def get(self, person: Person, clip: str) -> Clip | None:
        """A recording, if it is this person's."""
        if not ID.fullmatch(clip):
            return None
        with self.store.open() as session:
            found = session.get(Clip, clip)
            return found if found and found.person_id == person.id else None

    def remove(self, clip: Clip) -> None:
        """Delete a recording with its drawings."""
        with self.store.open() as session:
            session.execute(delete(Clip).where(Clip.id == clip.id))
        self.store.discard([clip.id])

    def recording(self, clip: Clip) -> Path:
        """The file as it was sent."""
        return self.store.clips / clip.id / RECORDING

    def drawing(self, clip: Clip) -> dict[str, Any]:
        """What the page draws: waves, silence and the view's facts."""
        return read_json(self.store.clips / clip.id / DRAWING, "sending it again", SiteError)

    def picture(self, clip: Clip, window: int) -> Path | None:
        """The view of a window, if there is one."""
        if not 0 <= window < len(clip.answer["windows"]):
            return None
        path = self.store.clips / clip.id / f"{window}.png"
        return path if path.is_file() else None

    def count(self) -> dict[str, int]:
        """Recordings, people who have any, and bytes."""
        with self.store.open() as session:
            clips, people, size = session.execute(
                select(
                    func.count(), func.count(Clip.person_id.distinct()), func.sum(Clip.size)
                ).select_from(Clip)
            ).one()
        return {"clips": clips, "people": people, "bytes": int(size or 0)}

    def _check_space(self, person: Person, size: int) -> None:
        used = select(func.sum(Clip.size)).where(Clip.person_id == person.id)
        with self.store.open() as session:
            total = int(session.scalar(used) or 0) + size
        if total > self.megabytes * 1e6:
            raise SiteError(
                f"your recordings would take {total / 1e6:.0f} MB, and each person has "
                f"{self.megabytes:.0f} MB; delete some first"
            )


def describe(model: Model) -> dict[str, Any]:
    """The model's facts beside an answer, so that they outlive the model."""
    about = model.about
    return {
        "export": model.folder.name,
        "recipe": about.recipe,
        "head": about.head,
        "engine": model.engine,
        "calibrated": about.temperature is not None,
        "tested": model.tested,
    }


def _draw(source: Path, item: Prepared, listener: Listener, folder: Path) -> None:
    """Write what the page draws into a recording's folder."""
    settings = listener.renderer.settings
    sound = settings.audio
    before, after = listener.renderer.wave(source)
    loudest = float(np.abs(before).max())
    spans = audio.sounding(before, sound.silence) / len(before)
    write_json(
        folder / DRAWING,
        {
            "rate": sound.rate,
            "trim_db": sound.silence.trim_db,
            "seconds": sound.seconds,
            "before": drawings.outline(before, loudest),
            "after": drawings.outline(after, loudest),
            "lengths": [len(before) / sound.rate, len(after) / sound.rate],
            "spans": np.round(spans, 4).tolist(),
            "view": getattr(settings, "kind", ""),
            "image": isinstance(settings, ImageViewSettings),
            "shape": list(item.rows[0].shape),
            "ticks": drawings.ticks(settings),
            "windows": len(item.rows),
        },
    )
    for place, row in enumerate(item.rows):
        (folder / f"{place}.png").write_bytes(drawings.picture(row, settings))


def display_name(name: str) -> str:
    r"""A recording's name from its file's: no folders, printable characters only.

    Example:
        >>> display_name("C:\\voices\\anna.wav"), display_name("../\0"), display_name("a\nb")
        ('anna.wav', 'recording', 'ab')
    """
    last = Path(name.replace("\\", "/")).name
    printable = "".join(letter for letter in last if letter.isprintable())
    return printable[:LONGEST_NAME] or "recording"


def _kind(source: Path) -> str:
    """A file's format, as its decoder finds it."""
    try:
        kind = str(soundfile.info(source).format).lower()
    except (soundfile.SoundFileError, OSError, RuntimeError):
        form = media.container(source)
        return media.FORMS[form].lower() if form else "bin"
    return {"wavex": "wav", "rf64": "wav"}.get(kind, kind)
