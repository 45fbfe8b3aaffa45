"""Decide whether an issue may finish, from the counts of its deliveries."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from digest.deliver.ledger.state_counts import counted
from digest.deliver.tables import OPEN_STATES, Batch, BatchState
from digest.issues.lifecycle import IssueError, find_issue, transition
from digest.issues.tables import Issue, IssueState


def finish_issue(session: Session, number: int, now: datetime) -> bool:
    """Finish the issue if nothing is left to do; False if work is left (or it is not sending).

    Invariant 1 (docs/invariants.md): the audience is the sum of its deliveries in final states.

    Raises:
        IssueError: No work is left, but the counts don't add up to the audience.
    """
    issue = find_issue(session, number)
    if issue.state != IssueState.SENDING:
        return False
    if _has_open_batch(session, number):
        return False
    # Locked from here on, so that nobody queues again between the count and the end. Asked once
    # more, since getting the lock may have taken a while.
    if lock_issue(session, number) != IssueState.SENDING or _has_open_batch(session, number):
        return False
    # The deliveries themselves, not what is kept of them: nobody may be lost.
    counts = count_deliveries(session, number)
    if any(counts[state] for state in OPEN_STATES):
        return False
    if sum(counts.values()) != issue.audience:
        msg = (
            f"the counts of issue {number} don't balance: audience {issue.audience}, "
            f"deliveries {sum(counts.values())}; it stays in sending"
        )
        raise IssueError(msg)
    transition(session, number, IssueState.FINISHED, finished_at=now)
    return True


def lock_issue(session: Session, number: int) -> IssueState | None:
    """Lock the issue until the commit; return its current state, None if it does not exist."""
    state = session.execute(
        select(col(Issue.state)).where(col(Issue.number) == number).with_for_update()
    ).scalar_one_or_none()
    return None if state is None else IssueState(state)


def _has_open_batch(session: Session, number: int) -> bool:
    """Return whether a batch waits or is being submitted."""
    found = session.execute(
        select(col(Batch.position))
        .where(col(Batch.issue_number) == number, col(Batch.state) != BatchState.DONE)
        .limit(1)
    ).first()
    return found is not None


def count_deliveries(session: Session, number: int) -> dict[str, int]:
    """Return the number of the issue's deliveries by state, every state named.

    Looks at every delivery; `state_counts.kept_counts` says the same at once.
    """
    return counted(session, [number])[number]
