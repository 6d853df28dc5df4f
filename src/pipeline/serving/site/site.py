"""What the routes of the pages share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import anyio
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader
from limits import RateLimitItemPerMinute

from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.package import find
from pipeline.package.about import PACKAGE, PackageAbout
from pipeline.reports import pages
from pipeline.serving.service import VERSION, Service, read_export, tested
from pipeline.serving.site.accounts import Accounts
from pipeline.serving.site.clips import Clips
from pipeline.serving.site.guard import Guard, Visitor
from pipeline.serving.site.store import Store
from pipeline.serving.site.tables import Person

CHAMPION: Final = "champion"
HASHED_AT_ONCE: Final = 2
"""Passwords that are hashed side by side: each takes 64 MB."""
TEMPLATES: Final = "pipeline.serving.site"


@dataclass(frozen=True, slots=True)
class Terms:
    """Limits of accounts.

    Attributes:
        sign_up: whether visitors may make accounts.
        megabytes: of recordings that each person may store.
        per_minute: recordings that each person may send.
        sign_ups: accounts that an address may make in an hour.
    """

    sign_up: bool = True
    megabytes: float = 200.0
    per_minute: int = 20
    sign_ups: int = 50


class Site:
    """What the pages share.

    Attributes:
        service: that predicts.
        store: of accounts and recordings.
        terms: limits of accounts.
        layout: of the repository, for exports and samples.
        hashing: limits how many passwords are hashed at once.
    """

    def __init__(
        self, service: Service, store: Store, terms: Terms, layout: Layout | None = None
    ) -> None:
        self.service = service
        self.store = store
        self.terms = terms
        self.layout = layout or Layout()
        self.accounts = Accounts(store)
        self.clips = Clips(store, terms.megabytes)
        self.guard = Guard(self.accounts)
        self.hashing = anyio.CapacityLimiter(HASHED_AT_ONCE)
        self._templates = _templates()
        self._rate = RateLimitItemPerMinute(terms.per_minute)

    def render(
        self,
        request: Request,
        visitor: Visitor,
        template: str,
        status: int = 200,
        **content: Any,
    ) -> HTMLResponse:
        """A page; a new visitor gets a cookie with it."""
        text = self._templates.get_template(template).render(
            visitor=visitor,
            path=request.url.path,
            model=self.service.model.about,
            tested=self.service.model.tested,
            limits=self.service.limits,
            terms=self.terms,
            keep_days=self.store.keep_days,
            version=VERSION,
            **content,
        )
        response = HTMLResponse(text, status)
        if visitor.new and request.method == "GET" and status == 200:
            # A form of another site comes without the cookie and must not get one.
            self.guard.set_cookie(request, response, visitor.token)
        return response

    def limit_recordings(self, person: Person) -> None:
        """Count a recording that a person sends.

        Raises:
            HTTPException: the person has sent too many in this minute.
        """
        message = f"more than {self.terms.per_minute} recordings in a minute; wait a little"
        self.service.rate_limiter.require(self._rate, f"recordings {person.id}", message)

    def samples(self) -> list[dict[str, Any]]:
        """Recordings of the model's corpus that are on this machine; each with its ``file``."""
        root = self.layout.corpus(self.service.model.about.dataset).resolve()
        samples = self.service.model.samples
        found = [{**sample, "file": (root / sample["path"]).resolve()} for sample in samples]
        return [
            sample
            for sample in found
            if sample["file"].is_relative_to(root) and sample["file"].is_file()
        ]

    def card(self) -> str | None:
        """The model card, as a page."""
        from markdown_it import MarkdownIt

        text = self.service.model.card
        if text is None:
            return None
        reader = MarkdownIt("commonmark", {"html": False}).enable("table")
        # The page has a heading of its own.
        return str(reader.render(text.partition("\n")[2]))

    def models(self) -> list[dict[str, Any]]:
        """The exports that an admin may choose from; a damaged one with its error."""
        serving = self.service.model
        found: list[dict[str, Any]] = []
        for name in find.names(self.layout.exports):
            folder = self.layout.exports / name
            item = {"name": name, "serves": folder.resolve() == serving.folder.resolve()}
            try:
                item["about"] = PackageAbout.read(folder)
                item["tested"] = tested(read_export(folder), serving.engine)
                item["error"] = None
            except PackageError as error:
                item["error"] = str(error)
            found.append(item)
        return found

    def choose(self, name: str) -> None:
        """Predict with another export, also after the next start.

        Raises:
            PackageError: there is no such export, or it is damaged; the old one stays.
        """
        exports = self.layout.exports
        if name not in find.names(exports):
            raise PackageError(f"no model {name!r} in {exports}")
        self.service.change(exports / name)
        self.store.set(CHAMPION, name)


def first_package(store: Store, model: str | None, exports: Path | None = None) -> Path:
    """The package to start with: the one named, else an admin's choice, else the only one.

    Args:
        store: with an admin's choice.
        model: name or folder of a package, if given.
        exports: folder of exports; by default the repository's.

    Raises:
        PackageError: there is none, or more than one to choose from.
    """
    exports = exports or Layout().exports
    choice = store.setting(CHAMPION)
    if model is None and choice and (exports / choice / PACKAGE).is_file():
        return exports / choice
    return find.package(model, exports)


def _templates() -> Environment:
    engine = pages.environment(escaped=True)
    assert engine.loader is not None
    engine.loader = ChoiceLoader([PackageLoader(TEMPLATES), engine.loader])
    engine.filters |= {"when": _when, "size": _size, "clock": _clock}
    return engine


def _when(seconds: int) -> str:
    """A time as text, in UTC."""
    moment = time.gmtime(seconds)
    return f"{moment.tm_mday} {time.strftime('%b %Y, %H:%M', moment)} UTC"


def _size(count: int) -> str:
    """Bytes as text, in MB."""
    return f"{count / 1e6:.1f} MB"


def _clock(seconds: float) -> str:
    """A time in a recording as text.

    Example:
        >>> _clock(3.25), _clock(75.0)
        ('3.2 s', '1:15')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def wants_page(request: Request) -> bool:
    """Whether a browser sends the request, and not a program."""
    return "text/html" in request.headers.get("accept", "")


def emotion_figures(tested: Mapping[str, Any], emotion: str) -> dict[str, Any] | None:
    """The figures of one emotion, of what ``tested`` gives."""
    rows = [row for row in tested.get("by_emotion", ()) if row["emotion"] == emotion]
    return dict(rows[0]) if rows else None
