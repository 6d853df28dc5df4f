"""The tables: accounts, visits, recordings and settings.

Times are whole seconds since 1970, which every database stores alike.
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
    """A person with an account.

    Attributes:
        name: as it was written at sign-up.
        key: the name in one case, so that names that differ by case alone are the same.
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
    """A browser that a person is signed in with.

    Attributes:
        token: SHA-256 of the cookie, so that this table does not let its reader sign in.
        expires: when it ends.
    """

    __tablename__ = "visits"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    expires: Mapped[int] = mapped_column(BigInteger, index=True)
    person: Mapped[Person] = relationship(lazy="joined")


class Clip(Table):
    """A stored recording.

    Attributes:
        id: a random word; also the name of its folder.
        name: what the person called the file.
        origin: ``upload``, ``recording`` or ``sample``.
        kind: the file's format, found by decoding it; its suffix when it is downloaded.
        size: bytes of its folder.
        answer: the prediction, as ``/predict`` gives it.
        model: export, recipe, head, engine and figures of the model.
        sample: facts of a corpus's recording.
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
    """A setting of the page, such as the model that an admin chose."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
