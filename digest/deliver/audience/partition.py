"""The audience dealt into batches, once: a lane for each domain with a limit of its own.

A batch holds recipients of one lane, so that a domain which must wait holds up nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, insert, literal, select
from sqlmodel import Session, col

from digest.deliver.audience.eligible import wanted
from digest.deliver.rate_limit.limits import ALL
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from subscribers.mailable import mailable_ids
from subscribers.tables import Subscriber

ROWS_AT_ONCE = 1_000
NO_LANES: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Plan:
    """A lane's batches: from position `first` on, for `people` recipients, `size` in each."""

    lane: str
    people: int
    size: int
    first: int

    @property
    def end(self) -> int:
        return self.first - (-self.people // self.size)


def deal(
    session: Session, number: int, batch_size: int, lanes: Mapping[str, int], now: datetime
) -> int:
    """Makes batches and deliveries of the list as it stands; how many people it counted.

    A handful of statements whatever the size of the list. `lanes` are batch sizes by domain.
    """
    people = (
        mailable_ids(now)
        .where(*wanted(session, number))
        .add_columns(_lane(lanes).label("lane"))
        .subquery()
    )
    plans = _plans(session, people, {ALL: batch_size, **lanes})
    if plans:
        _make_batches(session, number, plans)
        _deliver(session, number, people, plans, now)
    return sum(plan.people for plan in plans)


def _lane(lanes: Mapping[str, int]) -> ColumnElement[str]:
    """Which lane a subscriber is in: what follows the only @ of the address."""
    key = col(Subscriber.email_key)
    matches = [(key.endswith(f"@{one}", autoescape=True), literal(one)) for one in lanes]
    return case(*matches, else_=literal(ALL)) if matches else literal(ALL)


def _plans(session: Session, people: Subquery, sizes: Mapping[str, int]) -> list[Plan]:
    """Lanes with a limit come first: they need the longest, and hold up nobody."""
    counted = session.execute(select(people.c.lane, func.count()).group_by(people.c.lane))
    amounts = {str(row[0]): int(row[1]) for row in counted}
    plans: list[Plan] = []
    for lane in sorted(amounts, key=lambda one: (one == ALL, one)):
        first = plans[-1].end if plans else 0
        plans.append(Plan(lane, amounts[lane], sizes[lane], first))
    return plans


def _make_batches(session: Session, number: int, plans: list[Plan]) -> None:
    """Some at a time: a long list has tens of thousands."""
    rows = (
        {
            "issue_number": number,
            "position": position,
            "state": BatchState.QUEUED,
            "lane": plan.lane,
        }
        for plan in plans
        for position in range(plan.first, plan.end)
    )
    while some := list(islice(rows, ROWS_AT_ONCE)):
        session.execute(insert(Batch), some)


def _deliver(
    session: Session, number: int, people: Subquery, plans: list[Plan], now: datetime
) -> None:
    def of_lane(name: str) -> ColumnElement[int]:
        values = {plan.lane: getattr(plan, name) for plan in plans}
        if len(values) == 1:
            return literal(*values.values())
        return case(values, value=people.c.lane)

    alone = len(plans) == 1
    order = func.row_number().over(
        partition_by=None if alone else people.c.lane, order_by=people.c.id
    )
    rows: Any = select(
        literal(number),
        (of_lane("first") + (order - 1) // of_lane("size")).label("position"),
        people.c.id,
        literal(DeliveryState.QUEUED.value),
        literal(0),
        literal(now, type_=Delivery.__table__.c.changed_at.type),  # type: ignore[attr-defined]
    ).select_from(people)
    # Who joins between the count and this statement waits for the next issue.
    if alone:
        rows = rows.order_by(people.c.id).limit(plans[0].people)
    else:
        rows = rows.add_columns(order.label("place"), of_lane("people").label("people"))
        dealt = rows.subquery()
        rows = (
            select(*list(dealt.c)[:-2])
            .where(dealt.c.place <= dealt.c.people)
            .order_by(dealt.c.position, dealt.c.id)
        )
    columns = ["issue_number", "batch_position", "subscriber_id", "state", "attempts", "changed_at"]
    session.execute(insert(Delivery).from_select(columns, rows))
