"""Partition an issue's audience into batches, once, by recipient domain.

Each domain with its own rate limit gets its own queue: batches with recipients of that domain only,
so that a domain which must wait does not delay the others. All other mail is one queue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Integer,
    Subquery,
    case,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlmodel import Session, col

from digest.deliver.audience.eligible import eligible
from digest.deliver.rate_limit.limits import ANY_DOMAIN
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from subscribers.tables import Subscriber, SubscriberStatus

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
    if not domain_batch_sizes:
        return _fill_one_queue(session, number, batch_size, now)
    audience = (
        eligible(session, number, now)
        .add_columns(_domain_of(domain_batch_sizes).label("domain"))
        .subquery()
    )
    queues = _plan_queues(session, audience, {ANY_DOMAIN: batch_size, **domain_batch_sizes})
    if not queues:
        return 0
    for queue in queues:
        _insert_batches(session, number, queue)
    return _insert_deliveries(session, number, audience, queues, now)


def _fill_one_queue(session: Session, number: int, batch_size: int, now: datetime) -> int:
    """Make one queue of all who are eligible, who are asked for once.

    There are batches for everybody active, until it is known how many are needed.
    """
    active = session.execute(
        select(func.count()).where(col(Subscriber.status) == SubscriberStatus.ACTIVE)
    ).scalar_one()
    queue = DomainQueue(ANY_DOMAIN, int(active), batch_size, 0)
    _insert_batches(session, number, queue)
    audience = eligible(session, number, now).subquery()
    inserted = _insert_deliveries(session, number, audience, [queue], now)
    needed = DomainQueue(ANY_DOMAIN, inserted, batch_size, 0).end
    session.execute(
        delete(Batch).where(col(Batch.issue_number) == number, col(Batch.position) >= needed)
    )
    return inserted


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


def _insert_batches(session: Session, number: int, queue: DomainQueue) -> None:
    """Insert a queue's batches with one statement: a long list has tens of thousands."""
    if queue.first == queue.end:
        return
    first = select(literal(queue.first).label("position")).cte("positions", recursive=True)
    positions = first.union_all(
        select(first.c.position + 1).where(first.c.position + 1 < queue.end)
    )
    rows = select(
        literal(number),
        positions.c.position,
        literal(BatchState.QUEUED.value),
        literal(queue.domain),
    )
    columns = ["issue_number", "position", "state", "lane"]
    session.execute(insert(Batch).from_select(columns, rows))


def _insert_deliveries(
    session: Session, number: int, audience: Subquery, queues: list[DomainQueue], now: datetime
) -> int:
    """Insert a delivery for each recipient, with one statement; return how many."""

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
        (of_queue("first") + _quotient(order - 1, of_queue("batch_size"))).label("position"),
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
    inserted = session.execute(
        insert(Delivery).from_select(columns, rows),
        execution_options={"preserve_rowcount": True},
    )
    return int(cast("CursorResult[Any]", inserted).rowcount)


def _quotient(number: ColumnElement[int], divisor: ColumnElement[int]) -> ColumnElement[int]:
    """Divide whole numbers as both databases do; SQLAlchemy's own goes by way of fractions."""
    return number.op("/", precedence=8, return_type=Integer())(divisor)
