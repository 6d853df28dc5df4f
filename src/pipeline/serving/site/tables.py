"""What is kept of people: accounts, visits, and what is known of their recordings.

Times are whole seconds since 1970, which every database keeps alike.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import JSON, BigInteger, ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints: without them some databases cannot change a table."""
LONGEST_NAME: Final = 40


class Table(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=NAMES)


class Person(Table):
    """Somebody with an account.

    Attributes:
        name: as it was written at sign-up.
        key: the name without upper and lower case, so that no two are told apart by it.
        password: its argon2 hash.
        admin: whether this person may choose the model.
    """

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    key: Mapped[str] = mapped_column(String(2 * LONGEST_NAME), unique=True)
    password: Mapped[str] = mapped_column(String(200))
    admin: Mapped[bool] = mapped_column(default=False)
    created: Mapped[int] = mapped_column(BigInteger)


class Visit(Table):
    """Somebody who is signed in with one browser.

    Attributes:
        token: SHA-256 of the cookie, so that whoever reads this table cannot sign in.
        expires: when it ends.
    """

    __tablename__ = "visits"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    expires: Mapped[int] = mapped_column(BigInteger, index=True)
    person: Mapped[Person] = relationship(lazy="joined")


class Clip(Table):
    """A recording that somebody keeps.

    Attributes:
        id: a random word; also the name of its folder.
        name: what the person called the file.
        origin: ``upload``, ``recording`` or ``sample``.
        kind: what the file is, found by decoding it: the end of its name when it is given back.
        size: bytes of its folder.
        answer: what the model said, as ``/predict`` gives it.
        model: which said it: export, recipe, head, engine, and what is known of it.
        sample: of a corpus's recording, what is known of it.
        expires: when it is deleted by itself.
    """

    __tablename__ = "clips"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    size: Mapped[int] = mapped_column(BigInteger)
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    model: Mapped[dict[str, Any]] = mapped_column(JSON)
    sample: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created: Mapped[int] = mapped_column(BigInteger)
    expires: Mapped[int] = mapped_column(BigInteger, index=True)


class Setting(Table):
    """Something that an admin chose."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
