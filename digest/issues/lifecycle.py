"""Defines the state machine of issues: which state may follow which."""

from collections.abc import Container
from typing import TYPE_CHECKING, Any, cast

from sqlmodel import Session, col, select, update

from digest.issues.tables import Issue, IssueState
from store.errors import UserError
from subscribers.public_ids import MAX_SHORT_ID

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

ALLOWED: dict[IssueState, frozenset[IssueState]] = {
    # An edit withdraws the approval, so approved and scheduled lead to draft again.
    IssueState.DRAFT: frozenset({IssueState.APPROVED, IssueState.CANCELLED, IssueState.SKIPPED}),
    IssueState.APPROVED: frozenset(
        {IssueState.DRAFT, IssueState.SCHEDULED, IssueState.SENDING, IssueState.CANCELLED}
    ),
    # Approved again: unscheduled, with the approval kept.
    IssueState.SCHEDULED: frozenset(
        {
            IssueState.DRAFT,
            IssueState.APPROVED,
            IssueState.SCHEDULED,
            IssueState.SENDING,
            IssueState.CANCELLED,
        }
    ),
    IssueState.SENDING: frozenset({IssueState.PAUSED, IssueState.FINISHED, IssueState.CANCELLED}),
    IssueState.PAUSED: frozenset({IssueState.SENDING, IssueState.CANCELLED}),
    # Only for a resend of failed or uncertain deliveries.
    IssueState.FINISHED: frozenset({IssueState.SENDING}),
    IssueState.CANCELLED: frozenset(),
    IssueState.SKIPPED: frozenset(),
}

_HINTS = {
    IssueState.DRAFT: "approve it first: digest issue approve {number}",
    IssueState.APPROVED: "send it with: digest issue send {number}",
    IssueState.SCHEDULED: "move it with: digest issue schedule {number} --at TIME, or cancel it",
    IssueState.SENDING: "pause or cancel it first",
    IssueState.PAUSED: "go on with: digest issue resume {number}",
    IssueState.FINISHED: "it has gone out and can't be changed",
    IssueState.CANCELLED: "draft a new one: digest issue draft",
    IssueState.SKIPPED: "draft a new one: digest issue draft",
}


class IssueError(UserError):
    """The issue can't do that; the text says why, and what to do instead."""


class NoSuchIssueError(IssueError):
    """There is no issue with that number."""

    http_status = 404


def find_issue(session: Session, number: int) -> Issue:
    """Return the issue. Raises NoSuchIssueError."""
    # A number that no database could hold is not asked for.
    issue = session.get(Issue, number) if 0 < number < MAX_SHORT_ID else None
    if issue is None:
        msg = f"there is no issue {number}; `digest issue list` shows those there are"
        raise NoSuchIssueError(msg)
    return issue


def issue_of_link(session: Session, named: int, *, legacy: bool) -> tuple[int, int] | None:
    """Returns number and public id of the issue that links call `named`; None if it is unknown."""
    column = col(Issue.legacy_number) if legacy else col(Issue.public_id)
    if not 0 < named < MAX_SHORT_ID:
        return None
    found = session.exec(select(Issue.number, Issue.public_id).where(column == named)).first()
    return (found[0] or 0, found[1]) if found else None


def transition(
    session: Session,
    number: int,
    to: IssueState,
    *,
    only_from: Container[IssueState] = frozenset(IssueState),
    **changes: Any,
) -> None:
    """Move the issue to state `to` and set `changes`. Raises IssueError if it may not.

    `only_from` narrows the states it may come from. One conditional UPDATE: of two processes that
    move the same issue, one is refused.
    """
    before = [
        state for state, following in ALLOWED.items() if to in following and state in only_from
    ]
    statement = (
        update(Issue)
        .where(col(Issue.number) == number, col(Issue.state).in_(before))
        .values(state=to, **changes)
    )
    # Rows already read in this session are refreshed by the caller, not silently by the ORM.
    result = cast(
        "CursorResult[Any]",
        session.execute(statement, execution_options={"synchronize_session": "fetch"}),
    )
    if result.rowcount == 1:
        return
    issue = find_issue(session, number)
    if issue.state == to:
        msg = f"issue {number} is {to} already"
        raise IssueError(msg)
    hint = _HINTS.get(IssueState(issue.state), "").format(number=number)
    msg = f"issue {number} is {issue.state} and can't become {to}" + (f"; {hint}" if hint else "")
    raise IssueError(msg)
