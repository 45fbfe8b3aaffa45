"""Freeze an issue's audience into deliveries, once, before the first attempt."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from digest.deliver.audience.domain_queues import NO_DOMAINS, partition
from digest.deliver.tables import Delivery
from digest.issues.lifecycle import IssueError, transition
from digest.issues.tables import Issue, IssueState

STARTABLE = frozenset({IssueState.APPROVED, IssueState.SCHEDULED})


def freeze_audience(
    session: Session,
    number: int,
    batch_size: int,
    now: datetime,
    domain_batch_sizes: Mapping[str, int] = NO_DOMAINS,
) -> int:
    """Make deliveries of everybody eligible for the issue now; returns how many.

    The issue goes from approved or scheduled to sending in the same transaction, so it happens
    once. Few statements whatever the size of the list. `domain_batch_sizes` names the domains that
    get batches of their own.

    Raises:
        IssueError: Nobody is eligible, or the issue can't be started.
    """
    transition(session, number, IssueState.SENDING, only_from=STARTABLE)
    if not partition(session, number, batch_size, domain_batch_sizes, now):
        msg = f"nobody to send issue {number} to: the list has no active subscriber who wants it"
        raise IssueError(msg)
    frozen: int = session.execute(
        select(func.count()).select_from(Delivery).where(col(Delivery.issue_number) == number)
    ).scalar_one()
    session.execute(update(Issue).where(col(Issue.number) == number).values(audience=frozen))
    return frozen
