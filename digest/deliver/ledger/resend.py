"""Send failed and uncertain deliveries again, or give them up, as an editor decides.

Never done automatically: the recipient of an uncertain delivery may have the message already. A
resend carries the same Message-ID, so that mail programs which compare it show it once (invariant
2, docs/invariants.md).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlmodel import Session, col

from digest.deliver.audience.domain_queues import NO_DOMAINS
from digest.deliver.ledger.batches import queue_in_new_batch
from digest.deliver.ledger.conditions import joins_batch
from digest.deliver.ledger.finish import lock_issue
from digest.deliver.ledger.state_counts import move
from digest.deliver.tables import Batch, Delivery, DeliveryState
from digest.issues.lifecycle import find_issue, transition
from digest.issues.tables import IssueState
from subscribers.tables import Subscriber

GIVEN_UP = "given up"


def resend(
    session: Session,
    number: int,
    states: Collection[DeliveryState],
    *,
    email_key: str | None,
    batch_size: int,
    domain_batch_sizes: Mapping[str, int] = NO_DOMAINS,
    now: datetime,
) -> int:
    """Queue the deliveries in `states` in new batches; returns how many, 0 changes nothing.

    A finished issue is sending again. `email_key` narrows it to one address.

    Raises:
        IssueError: The issue is neither being sent nor finished.
    """
    find_issue(session, number)
    # Locked, so that nobody else makes the same positions, and that it does not finish meanwhile.
    state = lock_issue(session, number)
    chosen: dict[str, list[int]] = {}
    for delivery, domain in session.execute(_with_domains(_chosen(number, states, email_key))):
        chosen.setdefault(domain, []).append(delivery)
    if not chosen:
        return 0
    if state != IssueState.SENDING:
        transition(
            session,
            number,
            IssueState.SENDING,
            only_from={IssueState.FINISHED},
            finished_at=None,
        )
    for domain, deliveries in chosen.items():
        size = domain_batch_sizes.get(domain, batch_size)
        for start in range(0, len(deliveries), size):
            one_batch = deliveries[start : start + size]
            queue_in_new_batch(
                session, number, domain, one_batch, states=states, now=now, attempts=0
            )
    return sum(map(len, chosen.values()))


def give_up(session: Session, number: int, email_key: str | None, now: datetime) -> int:
    """Count uncertain deliveries as failed; returns how many."""
    find_issue(session, number)
    chosen = _chosen(number, [DeliveryState.UNCERTAIN], email_key)
    return move(
        session,
        number,
        DeliveryState.UNCERTAIN,
        DeliveryState.FAILED,
        update(Delivery).where(col(Delivery.id).in_(chosen)),
        code=GIVEN_UP,
        changed_at=now,
    )


def uncertain_addresses(session: Session, number: int, limit: int) -> list[str]:
    """Return the first `limit` addresses with an uncertain delivery."""
    return list(
        session.scalars(
            select(col(Subscriber.email))
            .join(Delivery, col(Delivery.subscriber_id) == col(Subscriber.id))
            .where(
                col(Delivery.issue_number) == number,
                col(Delivery.state) == DeliveryState.UNCERTAIN,
            )
            .order_by(col(Delivery.id))
            .limit(limit)
        )
    )


def _with_domains(chosen: Select[Any]) -> Select[Any]:
    """Return the same deliveries, each with the domain of the batch that it was in."""
    return chosen.add_columns(col(Batch.lane)).join(Batch, joins_batch())


def _chosen(number: int, states: Collection[DeliveryState], email_key: str | None) -> Select[Any]:
    """Select the ids of the issue's deliveries in these states, of one address if given."""
    statement = (
        select(col(Delivery.id))
        .where(col(Delivery.issue_number) == number, col(Delivery.state).in_(list(states)))
        .order_by(col(Delivery.id))
    )
    if email_key is not None:
        people = select(col(Subscriber.id)).where(col(Subscriber.email_key) == email_key)
        statement = statement.where(col(Delivery.subscriber_id).in_(people))
    return statement
