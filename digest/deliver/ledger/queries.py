"""Read deliveries for reports: why some failed, and what one subscriber was sent."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.bounce_policy.reply_text import fold_words
from digest.deliver.ledger.submitting import reported_state
from digest.deliver.tables import Attempt, Delivery, DeliveryState
from subscribers.tables import Subscriber, Suppression, SuppressionReason

MANY_FAILED = 100_000
"""Above this the deliveries of an issue are read in their order rather than one by one."""


def failure_codes(session: Session, number: int, failed: int, most: int) -> list[tuple[str, int]]:
    """Return (code, how many failed with it) of issue `number`, at most `most`, frequent first.

    `failed` is how many failed in all, as kept. Most that fail were tried: they are found by their
    attempts, and only if these are not all of them by a look at every delivery of the issue.
    """
    tried = select(col(Attempt.delivery_id)).where(col(Attempt.issue_number) == number)
    found: list[tuple[str, int]] = []
    if failed <= MANY_FAILED:
        found = _codes(session, col(Delivery.id).in_(tried))
    if sum(amount for _, amount in found) != failed:
        found = _codes(session, col(Delivery.issue_number) == number)
    return found[:most]


def _codes(session: Session, condition: ColumnElement[bool]) -> list[tuple[str, int]]:
    rows = session.execute(
        select(col(Delivery.code), func.count())
        .where(condition, col(Delivery.state) == DeliveryState.FAILED)
        .group_by(col(Delivery.code))
    )
    return sorted(((code or "", int(n)) for code, n in rows), key=lambda one: (-one[1], one[0]))


def count_hard_bounces(session: Session, number: int) -> int:
    """Return how many deliveries of the issue failed because their address is at fault."""
    return int(
        session.execute(
            select(func.count())
            .select_from(Delivery)
            .where(
                col(Delivery.issue_number) == number,
                col(Delivery.state) == DeliveryState.FAILED,
                col(Delivery.fault) == BounceType.HARD,
            )
        ).scalar_one()
    )


class HeardReply(NamedTuple):
    """A reply that was heard so many `times`, with other numbers or ids each time.

    `stage` is the SMTP command that it answered; None if it was none.
    """

    reply: str
    stage: str | None
    times: int


def common_replies(session: Session, number: int, most: int) -> list[HeardReply]:
    """Return the replies that refused most of issue `number`, at most `most`, frequent first."""
    rows = session.execute(
        select(col(Attempt.code), col(Attempt.detail), col(Attempt.stage), func.count())
        .where(col(Attempt.issue_number) == number, col(Attempt.outcome) == "refusal")
        .group_by(col(Attempt.code), col(Attempt.detail), col(Attempt.stage))
    )
    heard: dict[tuple[str, str | None], HeardReply] = {}
    for code, detail, stage, count in rows:
        key = (f"{code} {fold_words(detail)}", stage)
        known = heard.get(key)
        reply = known.reply if known else f"{code or ''} {detail}".strip()
        heard[key] = HeardReply(reply, stage, int(count) + (known.times if known else 0))
    return sorted(heard.values(), key=lambda one: (-one.times, one.reply))[:most]


class RecipientRow(NamedTuple):
    """One recipient of an issue; `reply` is what the last try that failed was answered."""

    email: str
    state: str
    attempts: int
    reply: str
    changed_at: datetime


def recipients_of(
    session: Session,
    number: int,
    *,
    states: Collection[DeliveryState] = (),
    search: str = "",
    most: int,
) -> list[RecipientRow]:
    """Return recipients of issue `number`, at most `most`, in the order that they were queued.

    `search` is any part of an address; `states` narrows them where it names some.
    """
    any_attempt = aliased(Attempt)
    last = (
        select(func.max(col(any_attempt.id)))
        .where(col(any_attempt.delivery_id) == col(Delivery.id))
        .correlate(Delivery)
        .scalar_subquery()
    )
    statement = (
        select(
            col(Subscriber.email),
            reported_state(),
            col(Delivery.attempts),
            col(Delivery.code),
            col(Attempt.detail),
            col(Delivery.changed_at),
        )
        .join(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .outerjoin(Attempt, col(Attempt.id) == last)
        .where(col(Delivery.issue_number) == number)
        .order_by(col(Delivery.id))
        .limit(most)
    )
    if states:
        submitting, queued = DeliveryState.SUBMITTING, DeliveryState.QUEUED
        stored = {queued if one == submitting else one for one in states}
        statement = statement.where(col(Delivery.state).in_(sorted(stored)))
        if queued in stored:
            statement = statement.where(reported_state().in_(list(states)))
    if search:
        statement = statement.where(
            col(Subscriber.email_key).contains(search.strip().lower(), autoescape=True)
        )
    return [
        RecipientRow(email, state, attempts, f"{code or ''} {detail or ''}".strip(), at)
        for email, state, attempts, code, detail, at in session.execute(statement)
    ]


def suppressed_by(session: Session, number: int) -> list[str]:
    """Return the hashes of addresses that are suppressed as bounced since issue `number` failed."""
    rows = session.execute(
        select(col(Suppression.address_hash))
        .join(Subscriber, col(Subscriber.address_hash) == col(Suppression.address_hash))
        .join(Delivery, col(Delivery.subscriber_id) == col(Subscriber.id))
        .where(
            col(Delivery.issue_number) == number,
            col(Delivery.fault).is_not(None),
            col(Suppression.reason) == SuppressionReason.BOUNCED,
            col(Suppression.at) >= col(Delivery.changed_at),
        )
        .order_by(col(Suppression.id))
    )
    return [str(one) for (one,) in rows]


class SentDelivery(NamedTuple):
    """One issue to one subscriber, and how far it is."""

    issue_number: int
    state: str
    code: str | None
    changed_at: datetime


def deliveries_to(session: Session, subscriber_id: int) -> list[SentDelivery]:
    """Return every delivery to one subscriber, in the order that they were made."""
    rows = session.execute(
        select(
            col(Delivery.issue_number),
            reported_state(),
            col(Delivery.code),
            col(Delivery.changed_at),
        )
        .where(col(Delivery.subscriber_id) == subscriber_id)
        .order_by(col(Delivery.id))
    )
    return [SentDelivery(*row) for row in rows]
