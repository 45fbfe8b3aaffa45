"""Shared by the commands that edit an issue: who acts, and what is said of a change."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import CommandError, acting_user, open_app

if TYPE_CHECKING:
    from digest.bootstrap import App
    from digest.pipeline.editing.changes import Change
    from digest.pipeline.editing.editor import Edit

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The comparison.")]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who acts (default: this machine's user)."),
]
Seen = Annotated[
    int | None,
    typer.Option(
        "--seen",
        metavar="REVISION",
        min=0,
        help="The revision that you looked at: a later change of the same is a conflict.",
    ),
]


def make_change(number: int, change: "Change", *, by: str | None, seen: int | None) -> None:
    """Open the application, make one change, and say what came of it."""
    with open_app() as app:
        make_changes(app, number, change, by=by, seen=seen)


def make_changes(
    app: "App", number: int, *changes: "Change", by: str | None, seen: int | None = None
) -> None:
    """Make the changes, all or none, and say what came of them."""
    before = state_of(app, number)
    done = app.issues.editor.change(number, *changes, by=by or acting_user(), seen=seen)
    say(number, done, before)


def say(number: int, done: "Edit", before: str) -> None:
    """Print a sentence for each change, and that an approval is withdrawn if it was."""
    for sentence in done.sentences:
        print(sentence)
    if not done.sentences:
        print(f"nothing to change: issue {number} says so already")
    withdrawn = before in {"approved", "scheduled"}
    tail = "; its approval is withdrawn" if withdrawn else ""
    print(f"issue {number} is a draft{tail}; look at it with: digest issue preview {number}")


def state_of(app: "App", number: int) -> str:
    """Return the issue's state. Raises NoSuchIssueError."""
    from digest.issues.lifecycle import find_issue

    with app.store.read() as session:
        return find_issue(session, number).state


def text_given(given: str, option: str) -> str:
    """Return the text of an option: itself, or for @FILE what stands there; @- is standard input.

    A text that begins with @ is written with @@.
    """
    if not given.startswith("@"):
        return given
    if given.startswith("@@"):
        return given[1:]
    name = given[1:]
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        msg = f"{option}: {name} is no UTF-8 text"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        msg = f"{option}: {name!r}: {why}; to begin a text with @, write @@"
    raise CommandError(msg)


def slug_and_text(given: str, option: str) -> tuple[str, str]:
    """Return the two parts of SLUG=TEXT. Raises typer.BadParameter."""
    slug, equals, text = given.partition("=")
    if not equals or not slug.strip():
        msg = f"{option}: {given!r} should look like SLUG=TEXT or SLUG=@FILE"
        raise typer.BadParameter(msg)
    return slug.strip(), text_given(text, option)
