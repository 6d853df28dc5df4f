"""The reference of ``ser``'s commands, from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import typer.main

from pipeline.cli import app

MARKUP: Final = re.compile(r"\[/?(bold|dim|red|green|italic)\]")


def tree() -> Any:
    """The commands as Typer holds them: a group has ``commands``, a command ``params``."""
    return typer.main.get_command(app)


def walk(command: Any = None, name: str = "ser") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its full name, in the order of the help."""
    command = tree() if command is None else command
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for key, item in inner.items():
        yield from walk(item, f"{name} {key}")


def page() -> str:
    """All commands as one page of Markdown."""
    parts = [
        "# Commands",
        "`ser` is in `.venv/bin`. Every command prints its own page with `--help`. A foreseen "
        "error is one line on standard error, and the exit status is 1.",
    ]
    for name, command in walk():
        if not command.hidden:
            parts += [f"## {name}", *_section(name, command)]
    return "\n\n".join(parts) + "\n"


def _section(name: str, command: Any) -> Iterator[str]:
    words, _, examples = _plain(command.help or "").partition("Example")
    yield words.strip()
    shown = [param for param in command.params if param.name != "help"]
    arguments = [param for param in shown if param.param_type_name == "argument"]
    usage = [
        name,
        *(["[OPTIONS]"] if len(shown) > len(arguments) else []),
        *(_argument(param) for param in arguments),
    ]
    yield f"```text\n{' '.join(usage)}\n```"
    if shown:
        yield "\n".join(["| name | what it is | default |", "|---|---|---|", *map(_row, shown)])
    lines = [line.strip() for line in examples.lstrip("s").lstrip(":").splitlines()]
    lines = [line for line in lines if line]
    if lines:
        yield "\n".join(["```console", *(f"$ {line}" for line in lines), "```"])


def _row(param: Any) -> str:
    if param.param_type_name == "argument":
        names = f"`{_argument(param)}`"
    else:
        names = ", ".join(f"`{name}`" for name in [*param.opts, *param.secondary_opts])
    words = _plain(param.help or "").replace("|", "\\|")
    kind = param.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        words += " One of " + ", ".join(f"`{item.value}`" for item in kind) + "."
    default = getattr(param.default, "value", param.default)
    plain = {True: "yes", False: "no", None: ""}.get(default, f"`{default}`")
    return f"| {names} | {words} | {plain} |"


def _argument(param: Any) -> str:
    name = param.name.upper() + ("…" if param.nargs == -1 else "")
    return name if param.required else f"[{name}]"


def _plain(text: str) -> str:
    return MARKUP.sub("", text.replace("\f", "").replace("\b", ""))
