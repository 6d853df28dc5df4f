"""``ser people``: the accounts of the page that ``ser app`` serves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from pipeline.core.errors import exit_on_error

if TYPE_CHECKING:
    from pipeline.serving.site.accounts import Accounts

SERVED: Final = Path("served")
Folder = Annotated[
    Path, typer.Option(envvar="SER_STORE", help="Folder of recordings and accounts.")
]
Database = Annotated[
    str | None,
    typer.Option(
        envvar="SER_DATABASE",
        help="Address of a database for accounts; by default SQLite in the store's folder.",
    ),
]
Name = Annotated[str, typer.Argument(help="Of an account.")]

people = typer.Typer(
    no_args_is_help=True,
    help="Accounts of the page that `ser app` serves.",
)


@people.command("list")
def listed(store: Folder = SERVED, database: Database = None) -> None:
    """Show all accounts."""
    with _accounts(store, database) as accounts:
        table = Table("name", "admin", "since")
        for person in accounts.people():
            since = time.strftime("%Y-%m-%d", time.gmtime(person.created))
            table.add_row(person.name, "yes" if person.admin else "", since)
    Console().print(table)


@people.command()
def add(name: Name, store: Folder = SERVED, database: Database = None) -> None:
    """Make an account; asks for its password."""
    password = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    with _accounts(store, database) as accounts:
        accounts.create(name, password)
    typer.echo(f"{name} may sign in")


@people.command()
def promote(name: Name, store: Folder = SERVED, database: Database = None) -> None:
    """Make an account an admin, who may choose the model."""
    with _accounts(store, database) as accounts:
        accounts.promote(accounts.find(name), True)
    typer.echo(f"{name} is an admin")


@people.command()
def demote(name: Name, store: Folder = SERVED, database: Database = None) -> None:
    """Make an admin an ordinary account."""
    with _accounts(store, database) as accounts:
        accounts.promote(accounts.find(name), False)
    typer.echo(f"{name} is no admin")


@people.command()
def password(name: Name, store: Folder = SERVED, database: Database = None) -> None:
    """Change the password of an account; signs out all its browsers."""
    changed = typer.prompt("new password", hide_input=True, confirmation_prompt=True)
    with _accounts(store, database) as accounts:
        accounts.change_password(accounts.find(name), changed)
    typer.echo(f"{name} has a new password")


@people.command()
def remove(name: Name, store: Folder = SERVED, database: Database = None) -> None:
    """Delete an account with its recordings."""
    with _accounts(store, database) as accounts:
        accounts.remove(accounts.find(name))
    typer.echo(f"{name} and all their recordings are deleted")


@contextmanager
def _accounts(folder: Path, database: str | None) -> Iterator[Accounts]:
    with exit_on_error():
        from pipeline.serving.site.accounts import Accounts
        from pipeline.serving.site.store import Store

        store = Store(folder, database)
        yield Accounts(store)
        store.close()
