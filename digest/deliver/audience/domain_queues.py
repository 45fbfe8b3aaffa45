"""Partition an issue's audience into batches, once, by recipient domain.

Each domain with its own rate limit gets its own queue: batches with recipients of that domain only,
so that a domain which must wait does not delay the others. All other mail is one queue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, insert, literal, select
from sqlmodel import Session, col

from digest.deliver.audience.eligible import eligible
from digest.deliver.rate_limit.limits import ANY_DOMAIN
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from subscribers.tables import Subscriber

ROWS_AT_ONCE = 1_000
NO_DOMAINS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DomainQueue:
    """One domain's batches: from position `first` on, `batch_size` of its `recipients` in each."""

    domain: str
    recipients: int
    batch_size: int
    first: int

    @property
    def end(self) -> int:
        """The position after the last of its batches."""
        return self.first - (-self.recipients // self.batch_size)


def partition(
    session: Session,
    number: int,
    batch_size: int,
    domain_batch_sizes: Mapping[str, int],
    now: datetime,
) -> int:
    """Make batches and deliveries for the recipients eligible now; return how many there are.

    A handful of statements whatever the size of the list.
    """
    audience = (
        eligible(session, number, now)
        .add_columns(_domain_of(domain_batch_sizes).label("domain"))
        .subquery()
    )
    queues = _plan_queues(session, audience, {ANY_DOMAIN: batch_size, **domain_batch_sizes})
    if queues:
        _insert_batches(session, number, queues)
        _insert_deliveries(session, number, audience, queues, now)
    return sum(queue.recipients for queue in queues)


def _domain_of(domains: Mapping[str, int]) -> ColumnElement[str]:
    """Return which of `domains` an address is in, after its only @; `ANY_DOMAIN` if in none."""
    key = col(Subscriber.email_key)
    matches = [(key.endswith(f"@{one}", autoescape=True), literal(one)) for one in domains]
    return case(*matches, else_=literal(ANY_DOMAIN)) if matches else literal(ANY_DOMAIN)


def _plan_queues(
    session: Session, audience: Subquery, batch_sizes: Mapping[str, int]
) -> list[DomainQueue]:
    """Plan the positions of all batches, those of limited domains first.

    They take longest, so they start first.
    """
    counted = session.execute(select(audience.c.domain, func.count()).group_by(audience.c.domain))
    amounts = {str(row[0]): int(row[1]) for row in counted}
    queues: list[DomainQueue] = []
    for domain in sorted(amounts, key=lambda one: (one == ANY_DOMAIN, one)):
        first = queues[-1].end if queues else 0
        queues.append(DomainQueue(domain, amounts[domain], batch_sizes[domain], first))
    return queues


def _insert_batches(session: Session, number: int, queues: list[DomainQueue]) -> None:
    """Insert the batches, some at a time: a long list has tens of thousands."""
    rows = (
        {
            "issue_number": number,
            "position": position,
            "state": BatchState.QUEUED,
            "lane": queue.domain,
        }
        for queue in queues
        for position in range(queue.first, queue.end)
    )
    while some := list(islice(rows, ROWS_AT_ONCE)):
        session.execute(insert(Batch), some)


def _insert_deliveries(
    session: Session, number: int, audience: Subquery, queues: list[DomainQueue], now: datetime
) -> None:
    """Insert a delivery for each recipient, with one statement."""

    def of_queue(name: str) -> ColumnElement[int]:
        values = {queue.domain: getattr(queue, name) for queue in queues}
        if len(values) == 1:
            return literal(*values.values())
        return case(values, value=audience.c.domain)

    is_single = len(queues) == 1
    order = func.row_number().over(
        partition_by=None if is_single else audience.c.domain, order_by=audience.c.id
    )
    rows: Any = select(
        literal(number),
        (of_queue("first") + (order - 1) // of_queue("batch_size")).label("position"),
        audience.c.id,
        literal(DeliveryState.QUEUED.value),
        literal(0),
        literal(now, type_=Delivery.__table__.c.changed_at.type),  # type: ignore[attr-defined]
    ).select_from(audience)
    # A subscriber who joins between the count and this statement waits for the next issue.
    if is_single:
        rows = rows.order_by(audience.c.id).limit(queues[0].recipients)
    else:
        rows = rows.add_columns(order.label("place"), of_queue("recipients").label("recipients"))
        placed = rows.subquery()
        rows = (
            select(*list(placed.c)[:-2])
            .where(placed.c.place <= placed.c.recipients)
            .order_by(placed.c.position, placed.c.id)
        )
    columns = ["issue_number", "batch_position", "subscriber_id", "state", "attempts", "changed_at"]
    session.execute(insert(Delivery).from_select(columns, rows))
