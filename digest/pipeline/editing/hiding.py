"""Hides a comparison: it leaves the drafts that have it, each as an edit with its reason."""

from sqlmodel import Session

from digest.catalog.hidden import Hidden, set_hidden
from digest.issues.history import issues_with
from digest.issues.revisions.errors import EditError
from digest.issues.tables import IssueState
from digest.pipeline.editing.changes import Drop
from digest.pipeline.editing.editor import MAX_NAME, Edit, IssueEditor

REASON = "hidden"


def hide_comparison(editor: IssueEditor, slug: str, by: str) -> dict[int, Edit]:
    """Hide the comparison from drafts and readers; return what that changed in which issue.

    One transaction. Raises EditError where it is in an issue that is approved or scheduled, or is
    all that a draft has.
    """
    now = editor.clock()
    with editor.store.write() as session:
        waiting = issues_with(session, slug)
        _refuse_approved(slug, waiting)
        done = {
            number: editor.change_in(session, number, (Drop(slug, REASON),), by)
            for number, _ in waiting
        }
        _set(session, slug, Hidden(by[:MAX_NAME], now), editor)
        return done


def unhide_comparison(editor: IssueEditor, slug: str) -> None:
    """Show the comparison to readers again, and to the next draft. Raises EditError."""
    with editor.store.write() as session:
        _set(session, slug, None, editor)


def _set(session: Session, slug: str, hidden: Hidden | None, editor: IssueEditor) -> None:
    if not set_hidden(session, slug, hidden, editor.clock()):
        msg = f"there is no comparison {slug}; `digest comparisons list` shows those there are"
        raise EditError(msg)


def _refuse_approved(slug: str, waiting: list[tuple[int, str]]) -> None:
    for number, state in waiting:
        if state != IssueState.DRAFT:
            msg = (
                f"{slug} is in issue {number}, which is {state}; take it out first: "
                f"digest issue drop {number} {slug} --because TEXT"
            )
            raise EditError(msg)
