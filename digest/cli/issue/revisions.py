"""Commands about the history of an issue's edits: log, undo, redo."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.common import (
    AsJson,
    Number,
    acting_user,
    format_time,
    open_app,
    open_reader,
    print_json,
    print_rows,
)
from digest.cli.issue.edit_common import By, say, state_of

if TYPE_CHECKING:
    from digest.issues.revisions.tables import Revision


def log(number: Number, as_json: AsJson = False) -> None:
    """Every change of an issue in a sentence, the oldest first."""
    from digest.issues.lifecycle import find_issue
    from digest.issues.revisions.records import revisions_of
    from digest.issues.revisions.sentences import history

    with open_reader() as reader, reader.store.read() as session:
        find_issue(session, number)
        told = history(revisions_of(session, number))
    if as_json:
        print_json([_as_json(one, said) for one, said in told])
        return
    if not told:
        print(f"nobody has changed issue {number} since it was drafted")
        return
    print_rows(("rev", "when", "what"), [(one.n, format_time(one.at), said) for one, said in told])


def undo(
    number: Number,
    revision: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="REVISION", help="This one, whoever made it (default: your last)."
        ),
    ] = None,
    by: By = None,
) -> None:
    """Undo what you changed last; a further undo takes the one before."""
    with open_app() as app:
        before = state_of(app, number)
        say(number, app.issues.editor.undo(number, by or acting_user(), revision), before)


def redo(number: Number, by: By = None) -> None:
    """Make again what you undid last."""
    with open_app() as app:
        before = state_of(app, number)
        say(number, app.issues.editor.redo(number, by or acting_user()), before)


def _as_json(one: "Revision", said: str) -> dict[str, Any]:
    return {
        "n": one.n,
        "kind": one.kind,
        "of": one.of,
        "who": one.who,
        "when": one.at,
        "field": one.field,
        "before": one.before,
        "after": one.after,
        "because": one.because,
        "sentence": said,
    }
