"""The page as a whole: what its routes share."""

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
from pipeline.package import find, package
from pipeline.package.samples import CORPORA
from pipeline.reports import pages
from pipeline.serving.service import VERSION, Service, exported, tested
from pipeline.serving.site.accounts import Accounts
from pipeline.serving.site.clips import Clips
from pipeline.serving.site.guard import Guard, Visitor
from pipeline.serving.site.store import Store
from pipeline.serving.site.tables import Person

CHAMPION: Final = "champion"
DOORS: Final = 2
"""Passwords that are hashed side by side: each takes 64 MB for as long as it takes."""
TEMPLATES: Final = "pipeline.serving.site"


@dataclass(frozen=True, slots=True)
class Terms:
    """What people may do.

    Attributes:
        sign_up: whether anybody may make an account.
        megabytes: of recordings that each person may keep.
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
        service: whose model answers.
        store: what is kept.
        terms: what people may do.
        exports: where an admin finds models.
        corpora: where samples lie.
        doors: at which passwords wait to be hashed.
    """

    def __init__(
        self,
        service: Service,
        store: Store,
        terms: Terms,
        exports: Path = find.EXPORTS,
        corpora: Path = CORPORA,
    ) -> None:
        self.service = service
        self.store = store
        self.terms = terms
        self.exports = exports
        self.corpora = corpora
        self.accounts = Accounts(store)
        self.clips = Clips(store, terms.megabytes)
        self.guard = Guard(self.accounts)
        self.doors = anyio.CapacityLimiter(DOORS)
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
            # Any other answer may be to a form of another site, which comes without the cookie.
            self.guard.keep(request, response, visitor.token)
        return response

    def admit(self, person: Person) -> None:
        """Count a recording that somebody sends.

        Raises:
            HTTPException: that person had their share for this minute.
        """
        words = f"more than {self.terms.per_minute} recordings in a minute; wait a little"
        self.service.turnstile.admit(self._rate, f"recordings {person.id}", words)

    def samples(self) -> list[dict[str, Any]]:
        """Recordings of the model's corpus that are on this machine; each with its ``file``."""
        root = (self.corpora / self.service.model.about["dataset"]).resolve()
        told = self.service.model.samples
        found = [{**sample, "file": (root / sample["path"]).resolve()} for sample in told]
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
        """The exports that an admin may choose from; a damaged one with what is wrong."""
        serving = self.service.model
        found: list[dict[str, Any]] = []
        for name in find.names(self.exports):
            folder = self.exports / name
            item = {"name": name, "serves": folder.resolve() == serving.folder.resolve()}
            try:
                item["about"] = package.read(folder)
                item["tested"] = tested(exported(folder), serving.engine)
                item["error"] = None
            except PackageError as error:
                item["error"] = str(error)
            found.append(item)
        return found

    def choose(self, name: str) -> None:
        """Let another export answer, also after the next start.

        Raises:
            PackageError: there is no such export, or it is damaged; the old one stays.
        """
        if name not in find.names(self.exports):
            raise PackageError(f"no model {name!r} in {self.exports}")
        self.service.change(self.exports / name)
        self.store.set(CHAMPION, name)


def chosen(store: Store, model: str | None, exports: Path = find.EXPORTS) -> Path:
    """The package to begin with: the one that is named, else an admin's choice, else the only one.

    Raises:
        PackageError: there is none, or more than one to choose from.
    """
    kept = store.setting(CHAMPION)
    if model is None and kept and (exports / kept / package.ABOUT).is_file():
        return exports / kept
    return find.package(model, exports)


def _templates() -> Environment:
    engine = pages.environment(escaped=True)
    assert engine.loader is not None
    engine.loader = ChoiceLoader([PackageLoader(TEMPLATES), engine.loader])
    engine.filters |= {"when": _when, "size": _size, "clock": _clock}
    return engine


def _when(seconds: int) -> str:
    """A time as people write it."""
    moment = time.gmtime(seconds)
    return f"{moment.tm_mday} {time.strftime('%b %Y, %H:%M', moment)} UTC"


def _size(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / 1e6:.1f} MB"


def _clock(seconds: float) -> str:
    """A place in a recording.

    Example:
        >>> _clock(3.25), _clock(75.0)
        ('3.2 s', '1:15')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def wants_page(request: Request) -> bool:
    """Whether a browser asks, and not a program."""
    return "text/html" in request.headers.get("accept", "")


def plain(found: Mapping[str, Any], emotion: str) -> dict[str, Any] | None:
    """What is known of one emotion, of what ``tested`` gives."""
    rows = [row for row in found.get("by_emotion", ()) if row["emotion"] == emotion]
    return dict(rows[0]) if rows else None
