"""Shared by every command: opens the application, prints times, tables and JSON, words errors."""

import gc
import getpass
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from store.errors import UserError
from store.text import printable_line

if TYPE_CHECKING:
    from digest.bootstrap import App
    from digest.settings import Settings
    from store.engine import Store


Number = Annotated[int, typer.Argument(metavar="N", help="The issue's number.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]


class CommandError(UserError):
    """The command ends with exit status 1 and this line; empty where all was said already."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What a command that only reads works with."""

    settings: "Settings"
    store: "Store"

    def clock(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def open_reader() -> "Iterator[Reader]":
    """Open the database alone, its schema checked, for a command that only reads.

    Neither provider nor templates are opened, and nothing of them is imported.
    """
    from digest.database import ensure_current
    from digest.settings import read_settings
    from digest.startup_checks import check_settings
    from store.engine import open_store

    settings = read_settings()
    check_settings(settings)
    store = open_store(settings.database_url)
    try:
        was_empty = ensure_current(store)
        collect_garbage_again()
        yield Reader(settings, store)
        if was_empty:
            print(f"note: {store.name} was empty; nothing is in it yet", file=sys.stderr)
    finally:
        store.close()


@contextmanager
def open_app(*, migrate: bool = True) -> "Iterator[App]":
    """Open the whole application, its database ready; nothing is made there unless `migrate`."""
    from digest.bootstrap import bootstrap
    from digest.database import ensure_current
    from digest.settings import read_settings
    from subscribers.hash_key import ensure_secrets

    app = bootstrap(read_settings())
    try:
        if migrate:
            ensure_current(app.store)
            ensure_secrets(app.store, app.settings.secrets, app.clock())
        collect_garbage_again()
        yield app
    finally:
        app.close()


def collect_garbage_again() -> None:
    """Switch on the garbage collector that `main` switched off; what is imported is left alone."""
    gc.freeze()
    gc.enable()


def open_closed_streams() -> None:
    """Let what is said to a stream that was closed (`2>&-`) go nowhere.

    Its descriptor would be the next file's: words for a terminal would go into the database.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free, which is this one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - stays open


def error_line(error: Exception) -> str | None:
    """Return the line to print for an error that a user can act on; None for a bug of ours."""
    from sqlalchemy.exc import DBAPIError

    from store.engine import describe_error

    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, DBAPIError):
        return f"the database refused: {describe_error(error)}"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return None


def acting_user() -> str:
    """Return whom changes are recorded under: the machine's user, or "editor" if it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "editor"


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(type(value).__name__)


def parse_moment(text: str, option: str, *, end_of_day: bool = False) -> datetime:
    """Parse an ISO date or time; without a zone it is UTC. A bare date is its start, or its end.

    Raises typer.BadParameter, which names `option`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{option}: {text!r} is no time; it should look like 2026-11-23 or 2026-11-23T08:00Z"
        raise typer.BadParameter(msg) from None
    if end_of_day and len(text) <= len("2026-11-23"):
        moment = datetime.combine(moment.date(), time(23, 59, 59))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def format_time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else "-"


def print_rows(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: columns two spaces apart, each as wide as its widest cell.

    What stands in a cell may come from anybody: it steers no terminal.
    """
    cells = [[printable_line(str(cell)) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    for row in cells:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
