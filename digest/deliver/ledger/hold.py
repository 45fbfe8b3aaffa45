"""Hold a sending: until somebody says to go on, or until a moment. Nobody's try is counted.

Held is a pause with its reason: the issue goes to `paused`, `held_because` says why, and what was
refused meanwhile is queued again as if it had never been tried.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import case, select, update
from sqlmodel import Session, col

from digest.deliver.audience.domain_queues import NO_DOMAINS
from digest.deliver.ledger.batches import queue_in_new_batch
from digest.deliver.ledger.conditions import joins_batch
from digest.deliver.ledger.finish import lock_issue
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.issues.lifecycle import transition
from digest.issues.tables import Issue, IssueState
from store.rows import as_rows

MAX_REASON_LENGTH = 1_000


def hold_issue(session: Session, number: int, because: str, now: datetime) -> bool:
    """Pause the issue and say why; False if it is not being sent (any more)."""
    if lock_issue(session, number) is not IssueState.SENDING:
        return False
    transition(
        session,
        number,
        IssueState.PAUSED,
        only_from={IssueState.SENDING},
        held_because=because[:MAX_REASON_LENGTH],
        held_at=now,
    )
    return True


def is_held(session: Session, number: int) -> bool:
    """Return whether the issue is paused for what a provider answered."""
    found = session.execute(
        select(col(Issue.state), col(Issue.held_because)).where(col(Issue.number) == number)
    ).one_or_none()
    return found is not None and found[0] == IssueState.PAUSED and found[1] is not None


def postpone_issue(session: Session, number: int, until: datetime, because: str) -> None:
    """Let nothing of the issue be due before `until`, and say why."""
    lock_issue(session, number)
    session.execute(
        update(Issue)
        .where(col(Issue.number) == number)
        .values(held_because=because[:MAX_REASON_LENGTH])
    )
    session.execute(
        update(Batch)
        .where(
            col(Batch.issue_number) == number,
            col(Batch.state) == BatchState.QUEUED,
            col(Batch.not_before).is_(None) | (col(Batch.not_before) < until),
        )
        .values(not_before=until)
    )


def queue_again(
    session: Session,
    number: int,
    deliveries: Collection[int],
    states: Collection[DeliveryState],
    *,
    batch_size: int,
    domain_batch_sizes: Mapping[str, int] = NO_DOMAINS,
    now: datetime,
) -> int:
    """Queue those of `deliveries` that are in `states` in new batches; return how many.

    Their last try is not counted, and what was said about it is forgotten. That of a queued one
    never was.
    """
    if not deliveries:
        return 0
    lock_issue(session, number)
    asked = as_rows(session, [(one, None) for one in sorted(deliveries)]).subquery()
    by_domain: dict[str, list[int]] = {}
    for delivery, domain in session.execute(
        select(col(Delivery.id), col(Batch.lane))
        .join(asked, asked.c.id == col(Delivery.id))
        .join(Batch, joins_batch())
        .where(col(Delivery.issue_number) == number, col(Delivery.state).in_(list(states)))
        .order_by(col(Delivery.id))
    ):
        by_domain.setdefault(str(domain), []).append(int(delivery))
    for domain, found in by_domain.items():
        size = domain_batch_sizes.get(domain, batch_size)
        for start in range(0, len(found), size):
            chosen = found[start : start + size]
            queue_in_new_batch(
                session,
                number,
                domain,
                chosen,
                states=states,
                now=now,
                attempts=case(
                    (col(Delivery.state) == DeliveryState.QUEUED, col(Delivery.attempts)),
                    else_=col(Delivery.attempts) - 1,
                ),
                fault=None,
            )
    return sum(map(len, by_domain.values()))
