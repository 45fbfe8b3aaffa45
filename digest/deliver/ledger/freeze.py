"""Freeze an issue's audience into deliveries, once, before the first attempt."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text, update
from sqlmodel import Session, col

from digest.deliver.audience.domain_queues import NO_DOMAINS, partition
from digest.deliver.ledger.state_counts import count_frozen
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
    _wait_for_deletions(session)
    frozen = partition(session, number, batch_size, domain_batch_sizes, now)
    if not frozen:
        msg = f"nobody to send issue {number} to: the list has no active subscriber who wants it"
        raise IssueError(msg)
    session.execute(update(Issue).where(col(Issue.number) == number).values(audience=frozen))
    count_frozen(session, number, frozen)
    return frozen


def _wait_for_deletions(session: Session) -> None:
    """Let no subscriber be deleted until the commit: who is deleted now is not seen below.

    SQLite has one writer at a time. The lock is that of the trigger `forget_subscriber`.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SELECT pg_advisory_xact_lock(7301, 1)"))
