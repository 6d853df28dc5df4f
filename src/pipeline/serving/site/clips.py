"""People's recordings: heard, drawn, kept, shown to nobody else, deleted."""

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
from pipeline.package.listener import Listener, Prepared
from pipeline.serving.service import Model
from pipeline.serving.site import drawings
from pipeline.serving.site.accounts import DAY
from pipeline.serving.site.store import Store
from pipeline.serving.site.tables import Clip, Person
from pipeline.views import audio

ID: Final = re.compile(r"[0-9a-f]{32}")
RECORDING: Final = "recording"
LOOK: Final = "look.json"
LONGEST_NAME: Final = 120
MEDIA: Final = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "aiff": "audio/aiff",
}
"""What is told of a recording that is given back; other kinds are told as bytes."""


class Clips:
    """The recordings of a store.

    Attributes:
        store: that keeps them.
        megabytes: that each person may keep.
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
        """Hear a recording and keep it with what was made of it.

        Args:
            person: whose it is.
            source: the file; it is copied.
            name: what the person calls it.
            origin: ``upload``, ``recording`` or ``sample``.
            model: that hears it.
            sample: of a corpus's recording, what is known of it; only members that did not
                learn from it answer.

        Raises:
            AudioError: it cannot be used; nothing is kept.
            SiteError: the person keeps too much already.
        """
        self._refuse_more(person, source.stat().st_size)
        listener = model.listener if sample is None else model.listener.untaught(sample["fold"])
        item = listener.prepare(source)
        now = int(time.time())
        row = Clip(
            id=uuid.uuid4().hex,
            person_id=person.id,
            name=called(name),
            origin=origin,
            kind=_kind(source),
            answer=listener.judge(item).about(),
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
            self._refuse_more(person, row.size)
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
        """Somebody's recordings, the youngest first."""
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
        """Delete a recording and all that was made of it."""
        with self.store.open() as session:
            session.execute(delete(Clip).where(Clip.id == clip.id))
        self.store.discard([clip.id])

    def recording(self, clip: Clip) -> Path:
        """The file, as it came."""
        return self.store.clips / clip.id / RECORDING

    def look(self, clip: Clip) -> dict[str, Any]:
        """What the model saw, ready to be drawn."""
        return read_json(self.store.clips / clip.id / LOOK, "sending it again", SiteError)

    def picture(self, clip: Clip, window: int) -> Path | None:
        """The view of a window, if there is one."""
        if not 0 <= window < len(clip.answer["windows"]):
            return None
        path = self.store.clips / clip.id / f"{window}.png"
        return path if path.is_file() else None

    def count(self) -> dict[str, int]:
        """Recordings, people who keep any, and bytes."""
        with self.store.open() as session:
            clips, people, size = session.execute(
                select(
                    func.count(), func.count(Clip.person_id.distinct()), func.sum(Clip.size)
                ).select_from(Clip)
            ).one()
        return {"clips": clips, "people": people, "bytes": int(size or 0)}

    def _refuse_more(self, person: Person, size: int) -> None:
        kept = select(func.sum(Clip.size)).where(Clip.person_id == person.id)
        with self.store.open() as session:
            total = int(session.scalar(kept) or 0) + size
        if total > self.megabytes * 1e6:
            raise SiteError(
                f"your recordings would take {total / 1e6:.0f} MB, and {self.megabytes:.0f} MB are "
                "kept for each person; delete some first"
            )


def describe(model: Model) -> dict[str, Any]:
    """What is remembered of the model beside an answer, so that it is known when it is gone."""
    about = model.about
    return {
        "export": model.folder.name,
        "recipe": about["recipe"],
        "head": about["head"],
        "engine": model.engine,
        "calibrated": about["temperature"] is not None,
        "tested": model.tested,
    }


def _draw(source: Path, item: Prepared, listener: Listener, folder: Path) -> None:
    """Write what the model saw into a recording's folder."""
    settings = listener.renderer.settings
    sound = settings.audio
    before, after = listener.renderer.wave(source)
    loudest = float(np.abs(before).max())
    spans = audio.sounding(before, sound.silence) / len(before)
    write_json(
        folder / LOOK,
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


def called(name: str) -> str:
    r"""What a recording is called, of what its file is called: no folders, nothing unseen.

    Example:
        >>> called("C:\\voices\\anna.wav"), called("../\0"), called("a\nb")
        ('anna.wav', 'recording', 'ab')
    """
    last = Path(name.replace("\\", "/")).name
    shown = "".join(letter for letter in last if letter.isprintable())
    return shown[:LONGEST_NAME] or "recording"


def _kind(source: Path) -> str:
    """What a file is, told by its decoder."""
    try:
        kind = str(soundfile.info(source).format).lower()
    except (soundfile.SoundFileError, OSError, RuntimeError):
        return "bin"
    return {"wavex": "wav", "rf64": "wav"}.get(kind, kind)
