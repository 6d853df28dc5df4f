"""Who sends a request, and the fields of a form."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData

from pipeline.serving.site.guard import FIELD, Visitor
from pipeline.serving.site.site import Site


async def signed_in(site: Site, request: Request) -> Visitor:
    """The visitor, who must be signed in."""
    visitor = await site.guard.visitor(request)
    assert visitor.signed_in
    return visitor


async def read_form(site: Site, request: Request) -> tuple[Visitor, FormData]:
    """The visitor who sends a form, and its fields."""
    visitor = await site.guard.visitor(request)
    form = await request.form()
    site.guard.check(visitor, form.get(FIELD))
    return visitor, form


def text(form: FormData, name: str) -> str:
    """A field of a form; empty where it is absent or a file."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
