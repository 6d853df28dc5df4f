"""Accounts: names, passwords, and signed-in browsers."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from pipeline.core.errors import SiteError
from pipeline.serving.site.accounts import VISIT_DAYS, Accounts
from pipeline.serving.site.store import Store
from pipeline.serving.site.tables import Visit
from tests.serving.site.conftest import PASSWORD


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return Accounts(store)


def test_a_name_and_its_password_are_known_again(accounts: Accounts) -> None:
    made = accounts.create("Ada", PASSWORD)
    found = accounts.check("ada", PASSWORD)
    assert found is not None
    assert (found.id, found.name) == (made.id, "Ada")
    assert accounts.check("ada", PASSWORD + "!") is None
    assert accounts.check("nobody", PASSWORD) is None


def test_a_name_is_taken_whatever_its_case(accounts: Accounts) -> None:
    accounts.create("Ada", PASSWORD)
    with pytest.raises(SiteError, match="the name ADA is taken; choose another"):
        accounts.create("ADA", PASSWORD)


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("ad", PASSWORD, "a name has 3 to 40 letters"),
        ("ada lovelace", PASSWORD, "no spaces"),
        ("../../etc", PASSWORD, "a name has 3 to 40 letters"),
        ("ada", "short", "at least 10 characters"),
        ("ada", "x" * 201, "at most 200 characters"),
        ("ada", "Ada-and-more", "must not contain the name"),
    ],
)
def test_a_bad_name_or_password_is_one_line(
    accounts: Accounts, name: str, password: str, words: str
) -> None:
    with pytest.raises(SiteError, match=words):
        accounts.create(name, password)
    assert accounts.people() == []


def test_neither_passwords_nor_cookies_are_in_the_database(accounts: Accounts) -> None:
    person = accounts.create("ada", PASSWORD)
    token = accounts.sign_in(person)
    assert person.password.startswith("$argon2id$")
    with accounts.store.open() as session:
        (visit,) = session.scalars(select(Visit))
    assert token not in visit.token


def test_a_visit_ends(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    token = accounts.sign_in(accounts.create("ada", PASSWORD))
    assert accounts.signed_in(token) is not None
    later = time.time() + 86_400 * VISIT_DAYS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert accounts.signed_in(token) is None


def test_another_password_ends_all_visits(accounts: Accounts) -> None:
    person = accounts.create("ada", PASSWORD)
    token = accounts.sign_in(person)
    accounts.change_password(person, "another long one")
    assert accounts.signed_in(token) is None
    assert accounts.check("ada", PASSWORD) is None
    assert accounts.check("ada", "another long one") is not None


def test_an_unknown_account_is_one_line(accounts: Accounts) -> None:
    with pytest.raises(SiteError, match="no account is called 'ada'; see: ser people list"):
        accounts.find("ada")
