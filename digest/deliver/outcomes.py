"""What a provider answered, written into the ledger: submitted, failed, again later, in doubt."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlmodel import Session, col

from digest.deliver.ledger import Claim
from digest.deliver.provider import Outcome, Receipt, Refusal, Unknown
from digest.deliver.retry import next_try
from digest.deliver.tables import Attempt, Batch, BatchState, Delivery, DeliveryState
from digest.issues.tables import Issue

log = logging.getLogger(__name__)


def settle(
    session: Session,
    held: Claim,
    outcomes: Sequence[Outcome],
    *,
    provider: str,
    batch_size: int,
    now: datetime,
) -> list[Refusal]:
    """Writes outcomes. Returns the refusals that say the address itself is at fault.

    An outcome for somebody who is not in the batch is a provider's fault and changes nothing.
    """
    members = {one.delivery_id for one in held.recipients}
    known = [one for one in outcomes if one.delivery_id in members]
    if len(known) < len(outcomes):
        log.error("%s answered for deliveries it was not given", provider)
    _move(session, DeliveryState.SUBMITTED, [one for one in known if isinstance(one, Receipt)], now)
    _move(session, DeliveryState.UNCERTAIN, [one for one in known if isinstance(one, Unknown)], now)
    refusals = [one for one in known if isinstance(one, Refusal)]
    for refusal in refusals:
        _refuse(session, held, refusal, batch_size, now)
    if known:
        session.execute(insert(Attempt), [_attempt(one, provider, now) for one in known])
    return [refusal for refusal in refusals if refusal.about_address]


def _move(
    session: Session, state: DeliveryState, outcomes: Sequence[Receipt | Unknown], now: datetime
) -> None:
    if not outcomes:
        return
    rows = [
        {
            "row": one.delivery_id,
            "given": one.provider_id if isinstance(one, Receipt) else None,
            "now": now,
        }
        for one in outcomes
    ]
    session.connection().execute(_by_id(state), rows)


def _by_id(state: DeliveryState) -> Any:
    """Out of `submitting`; a receipt settles what was held for uncertain meanwhile, too.

    An event that came first (delivered, bounced) is not undone.
    """
    table = Delivery.__table__  # type: ignore[attr-defined]
    before = table.c.state == DeliveryState.SUBMITTING.value
    if state is DeliveryState.SUBMITTED:
        before |= table.c.state == DeliveryState.UNCERTAIN.value
    return (
        update(table)
        .where(table.c.id == bindparam("row"), before)
        .values(state=state.value, provider_id=bindparam("given"), changed_at=bindparam("now"))
    )


def _refuse(
    session: Session, held: Claim, refusal: Refusal, batch_size: int, now: datetime
) -> None:
    """A permanent refusal fails; a transient one goes into a later batch while tries are left."""
    delivery = session.get_one(Delivery, refusal.delivery_id)
    session.refresh(delivery)
    if delivery.state != DeliveryState.SUBMITTING:
        return
    delivery.code = refusal.code[:20]
    delivery.changed_at = now
    again = None if refusal.permanent else next_try(delivery.attempts, refusal.retry_after, now)
    if again is None:
        delivery.state = DeliveryState.FAILED
    else:
        delivery.state = DeliveryState.QUEUED
        delivery.batch_position = _retry_batch(session, held.issue_number, again, batch_size)
    session.add(delivery)
    session.flush()


def _retry_batch(session: Session, number: int, not_before: datetime, batch_size: int) -> int:
    """A queued batch that waits for this minute and has room, made if there is none."""
    minute = not_before.replace(second=0, microsecond=0) + timedelta(minutes=1)
    # One worker at a time: two would make the same position, or overfill the same batch.
    session.execute(select(col(Issue.number)).where(col(Issue.number) == number).with_for_update())
    members = (
        select(func.count())
        .select_from(Delivery)
        .where(
            col(Delivery.issue_number) == number,
            col(Delivery.batch_position) == col(Batch.position),
        )
        .scalar_subquery()
    )
    known: int | None = session.scalars(
        select(col(Batch.position)).where(
            col(Batch.issue_number) == number,
            col(Batch.state) == BatchState.QUEUED,
            col(Batch.not_before) == minute,
            members < batch_size,
        )
    ).first()
    if known is not None:
        return known
    last = session.execute(
        select(func.max(col(Batch.position))).where(col(Batch.issue_number) == number)
    ).scalar_one()
    session.execute(
        insert(Batch).values(
            issue_number=number, position=last + 1, state=BatchState.QUEUED, not_before=minute
        )
    )
    return int(last) + 1


def _attempt(outcome: Outcome, provider: str, now: datetime) -> dict[str, Any]:
    kind = type(outcome).__name__.lower()
    code = outcome.code[:20] if isinstance(outcome, Refusal) else None
    detail = "" if isinstance(outcome, Receipt) else outcome.detail[:500]
    return {
        "delivery_id": outcome.delivery_id,
        "provider": provider,
        "outcome": kind,
        "code": code,
        "detail": detail,
        "at": now,
    }
