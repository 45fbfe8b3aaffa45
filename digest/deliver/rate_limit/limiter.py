"""Limits that hold over all workers of one database: what may be claimed now, and what that uses.

Each limit of a provider is a row of the table `pace`, read and moved on within the transaction
that claims. Without a limit there is no row, and no statement either.

Locks are taken in one order, the issue's before those of pace, so that no two workers wait for
each other.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlmodel import Session, col

from digest.deliver.rate_limit.limits import ALL, Limit, Limits
from digest.deliver.rate_limit.token_bucket import Meter, give_back, room, take
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState, Pace
from store.insertion import insert_new


@dataclass(frozen=True, slots=True)
class Pacing:
    """A provider and its limits; falsy where it has none."""

    provider: str
    limits: Limits

    def __bool__(self) -> bool:
        return bool(self.limits)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Batches that may be claimed now, by position, with their lanes."""

    lanes: Mapping[int, str]
    limits: Mapping[str, Limit]
    meters: Mapping[str, Meter]

    @property
    def positions(self) -> list[int]:
        return list(self.lanes)


def allow(
    session: Session, pacing: Pacing, number: int, due: Select[Any], now: datetime
) -> Allowance:
    """Which of the batches that are `due` (a query of positions) the limits let go now.

    A batch larger than what is left for a second or a day is cut. Locks the limits' rows.
    """
    limits = pacing.limits.on(now.astimezone(UTC).date())
    meters = _lock(session, pacing.provider, limits, now)
    shut = {lane for lane, limit in limits.items() if room(meters[lane], limit, now) == 0}
    if ALL in shut:
        return Allowance({}, limits, meters)
    waiting = session.execute(
        due.add_columns(col(Batch.lane), _queued_in(number)).where(col(Batch.lane).not_in(shut))
    ).all()
    lanes: dict[int, str] = {}
    planned = dict(meters)
    for position, lane, people in waiting:
        touched = [one for one in (ALL, lane) if one in limits]
        rooms = [room(planned[one], limits[one], now) for one in touched]
        most = min((one for one in rooms if one is not None), default=people)
        if people and not most:
            continue
        if people > most:
            position = _cut(session, number, position, lane, most)  # noqa: PLW2901 - the part
        lanes[position] = lane
        for one in touched:
            planned[one] = take(planned[one], limits[one], min(people, most), now)
    return Allowance(lanes, limits, meters)


def use(
    session: Session, pacing: Pacing, allowed: Allowance, taken: Mapping[int, int], now: datetime
) -> None:
    """Counts what was claimed: `taken` are recipients by position."""
    amounts: Counter[str] = Counter()
    for position, amount in taken.items():
        amounts.update(dict.fromkeys({ALL, allowed.lanes[position]}, amount))
    for lane, limit in allowed.limits.items():
        if amounts[lane]:
            meter = take(allowed.meters[lane], limit, amounts[lane], now)
            _write(session, pacing.provider, lane, meter)


def hand_back(
    session: Session, pacing: Pacing, number: int, positions: Sequence[int], now: datetime
) -> None:
    """Counts as not taken what is still `submitting` in these batches; to be called before it is
    queued again.
    """
    limits = pacing.limits.on(now.astimezone(UTC).date())
    meters = _lock(session, pacing.provider, limits, now)
    rows = session.execute(
        select(col(Batch.lane), col(Batch.claimed_at), func.count())
        .join(
            Delivery,
            (col(Delivery.issue_number) == col(Batch.issue_number))
            & (col(Delivery.batch_position) == col(Batch.position)),
        )
        .where(
            col(Batch.issue_number) == number,
            col(Batch.position).in_(positions),
            col(Delivery.state) == DeliveryState.SUBMITTING,
        )
        .group_by(col(Batch.lane), col(Batch.claimed_at))
    ).all()
    for lane, claimed_at, amount in rows:
        for one in {ALL, lane} & set(limits):
            meters[one] = give_back(meters[one], limits[one], amount, claimed_at or now, now)
    for lane, meter in meters.items():
        _write(session, pacing.provider, lane, meter)


def read_meters(
    session: Session, provider: str, limits: Mapping[str, Limit], now: datetime
) -> dict[str, Meter]:
    """How far each limit is used up; one that was never touched is not."""
    return _unused(limits, now) | _known(session, provider, limits, lambda rows: rows)


def _lock(
    session: Session, provider: str, limits: Mapping[str, Limit], now: datetime
) -> dict[str, Meter]:
    """The same, with the rows made where they were missing, and locked until the commit."""

    def locked(rows: Any) -> Any:
        return rows.order_by(col(Pace.lane)).with_for_update()

    meters = _known(session, provider, limits, locked)
    if len(meters) < len(limits):
        _make(session, provider, _unused(limits, now))
        meters = _known(session, provider, limits, locked)
    return meters


def _known(
    session: Session,
    provider: str,
    limits: Mapping[str, Limit],
    how: Callable[[Any], Any],
) -> dict[str, Meter]:
    rows = select(col(Pace.lane), col(Pace.free_at), col(Pace.day), col(Pace.used)).where(
        col(Pace.provider) == provider, col(Pace.lane).in_(limits)
    )
    return {lane: Meter(*meter) for lane, *meter in session.execute(how(rows))}


def _unused(limits: Mapping[str, Limit], now: datetime) -> dict[str, Meter]:
    return dict.fromkeys(limits, Meter(now, now.astimezone(UTC).date(), 0))


def _make(session: Session, provider: str, meters: Mapping[str, Meter]) -> None:
    rows = [
        {"provider": provider, "lane": lane, **_values(meters[lane])} for lane in sorted(meters)
    ]
    session.execute(insert_new(session, Pace), rows)


def _write(session: Session, provider: str, lane: str, meter: Meter) -> None:
    session.execute(
        update(Pace)
        .where(col(Pace.provider) == provider, col(Pace.lane) == lane)
        .values(**_values(meter))
    )


def _values(meter: Meter) -> dict[str, datetime | date | int]:
    return {"free_at": meter.free_at, "day": meter.day, "used": meter.used}


def _queued_in(number: int) -> Any:
    """How many of the batch at hand are queued."""
    return (
        select(func.count())
        .select_from(Delivery)
        .where(
            col(Delivery.issue_number) == number,
            col(Delivery.batch_position) == col(Batch.position),
            col(Delivery.state) == DeliveryState.QUEUED,
        )
        .scalar_subquery()
    )


def _cut(session: Session, number: int, position: int, lane: str, people: int) -> int:
    """Moves that many out of a batch into a new one; the new one's position.

    The caller holds the issue, so that no two make the same position.
    """
    last = session.execute(
        select(func.max(col(Batch.position))).where(col(Batch.issue_number) == number)
    ).scalar_one()
    session.execute(
        insert(Batch).values(
            issue_number=number, position=last + 1, state=BatchState.QUEUED, lane=lane
        )
    )
    chosen = (
        select(col(Delivery.id))
        .where(
            col(Delivery.issue_number) == number,
            col(Delivery.batch_position) == position,
            col(Delivery.state) == DeliveryState.QUEUED,
        )
        .order_by(col(Delivery.id))
        .limit(people)
    )
    session.execute(
        update(Delivery).where(col(Delivery.id).in_(chosen)).values(batch_position=last + 1)
    )
    return int(last) + 1
