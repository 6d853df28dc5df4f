"""Accounts: names, passwords, and the browsers that are signed in."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pipeline.core.errors import SiteError
from pipeline.serving.site.store import Store
from pipeline.serving.site.tables import LONGEST_NAME, Clip, Person, Visit

NAME: Final = re.compile(rf"[\w.@+-]{{3,{LONGEST_NAME}}}")
SHORTEST: Final = 10
LONGEST: Final = 200
"""Characters of a password; longer ones only make work."""
VISIT_DAYS: Final = 14
DAY: Final = 86_400
_hasher: Final = PasswordHasher()


class Accounts:
    """The accounts of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def create(self, name: str, password: str) -> Person:
        """A new account.

        Raises:
            SiteError: the name is taken, or the name or the password is not allowed.
        """
        if not NAME.fullmatch(name) or len(name.casefold()) > 2 * LONGEST_NAME:
            raise SiteError(
                f"a name has 3 to {LONGEST_NAME} letters, digits or any of . _ - + @, no spaces"
            )
        hashed = _hashed(name, password)
        person = Person(
            name=name, key=name.casefold(), password=hashed, admin=False, created=int(time.time())
        )
        try:
            with self.store.open() as session:
                session.add(person)
        except IntegrityError:
            raise SiteError(f"the name {name} is taken; choose another") from None
        return person

    def check(self, name: str, password: str) -> Person | None:
        """The person with a name and a password, or none."""
        with self.store.open() as session:
            person = _find(session, name)
        try:
            _hasher.verify(person.password if person else _dummy_hash(), password[: LONGEST + 1])
        except VerificationError:
            return None
        return person

    def change_password(self, person: Person, password: str) -> None:
        """Another password; every browser of the person is signed out.

        Raises:
            SiteError: it is not allowed.
        """
        hashed = _hashed(person.name, password)
        with self.store.open() as session:
            session.get_one(Person, person.id).password = hashed
            session.execute(delete(Visit).where(Visit.person_id == person.id))

    def sign_in(self, person: Person) -> str:
        """Sign a person in; gives the token for the cookie."""
        token = secrets.token_urlsafe()
        expires = int(time.time()) + VISIT_DAYS * DAY
        with self.store.open() as session:
            session.add(Visit(token=_digest(token), person_id=person.id, expires=expires))
        return token

    def signed_in(self, token: str) -> Person | None:
        """The person who is signed in with a token, if any."""
        with self.store.open() as session:
            visit = session.get(Visit, _digest(token))
            return visit.person if visit and visit.expires > time.time() else None

    def sign_out(self, token: str) -> None:
        """End the visit of a token."""
        with self.store.open() as session:
            session.execute(delete(Visit).where(Visit.token == _digest(token)))

    def find(self, name: str) -> Person:
        """The person with a name.

        Raises:
            SiteError: there is none.
        """
        with self.store.open() as session:
            person = _find(session, name)
        if person is None:
            raise SiteError(f"no account is called {name!r}; see: ser people list")
        return person

    def people(self) -> list[Person]:
        """All people, by name."""
        with self.store.open() as session:
            return list(session.scalars(select(Person).order_by(Person.key)))

    def promote(self, person: Person, admin: bool) -> None:
        """Give or take the right to choose the model."""
        with self.store.open() as session:
            session.get_one(Person, person.id).admin = admin

    def remove(self, person: Person) -> None:
        """Delete an account with its recordings."""
        with self.store.open() as session:
            clips = list(session.scalars(select(Clip.id).where(Clip.person_id == person.id)))
            session.execute(delete(Person).where(Person.id == person.id))
        self.store.discard(clips)


@cache
def _dummy_hash() -> str:
    """Verified where there is no such name, so that both cases take as long."""
    return _hasher.hash(secrets.token_urlsafe())


def _find(session: Session, name: str) -> Person | None:
    if not NAME.fullmatch(name):
        return None
    return session.scalar(select(Person).where(Person.key == name.casefold()))


def _hashed(name: str, password: str) -> str:
    if len(password) < SHORTEST:
        raise SiteError(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise SiteError(f"a password has at most {LONGEST} characters")
    if name.casefold() in password.casefold():
        raise SiteError("a password must not contain the name; choose another")
    return _hasher.hash(password)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
