"""What a sending waits for: its limits and its retries, in words and in moments.

Only reads. Without limits nothing is asked of the database but when the next retry is due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import exists, func, select
from sqlmodel import Session, col

from digest.deliver.ledger.ledger import due
from digest.deliver.rate_limit.limiter import Pacing, read_meters
from digest.deliver.rate_limit.limits import ALL, Limit
from digest.deliver.rate_limit.token_bucket import Meter, all_out, free_from, next_day
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.issues.tables import Issue, IssueState


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing that is due may be claimed before `until`, and why."""

    until: datetime
    why: str


def hold(session: Session, pacing: Pacing, number: int, now: datetime) -> Hold | None:
    """What the limits keep back; None where a batch may go, or none is due."""
    limits = _today(pacing, now)
    lanes = _lanes_due(session, number, limits, now) if limits else []
    if not lanes:
        return None
    meters = read_meters(session, pacing.provider, limits, now)
    holds = [_hold(lane, limits, meters, now) for lane in lanes]
    soonest = min(holds, key=lambda one: one.until)
    return soonest if soonest.until > now else None


def next_due(session: Session, number: int, kept: Hold | None, now: datetime) -> datetime | None:
    """When there is something to do again: `kept` lets go, or a retry is due (or has become so)."""
    later = _later(number, now) if kept else _later(number)
    retry: datetime | None = session.execute(
        select(func.min(col(Batch.not_before))).where(*later)
    ).scalar_one_or_none()
    if kept is None:
        return retry
    return min(retry, kept.until) if retry else kept.until


def soonest_end(session: Session, pacing: Pacing, number: int, now: datetime) -> datetime | None:
    """Before that moment what is left can't all be out, however fast the provider is.

    None where nothing but its speed decides. Mail of other issues is not foreseen.
    """
    last = session.execute(
        select(func.max(col(Batch.not_before))).where(*_later(number, now))
    ).scalar_one_or_none()
    limits = _today(pacing, now)
    if not limits:
        return last
    meters = read_meters(session, pacing.provider, limits, now)
    ends = [] if last is None else [last]
    for lane, people in _left(session, number, limits).items():
        if people:
            limit_on = partial(_limit_on, pacing, lane)
            ends.append(all_out(people, limit_on, meters[lane], now))
    return max(ends, default=None)


def _today(pacing: Pacing, now: datetime) -> dict[str, Limit]:
    return pacing.limits.on(now.astimezone(UTC).date()) if pacing else {}


def _limit_on(pacing: Pacing, lane: str, day: date) -> Limit | None:
    return pacing.limits.on(day).get(lane)


def _lanes_due(
    session: Session, number: int, limits: Mapping[str, Limit], now: datetime
) -> list[str]:
    """Lanes with a batch that is due. A lane whose limit is gone is like any other mail."""
    named = [lane for lane in limits if lane != ALL]
    waiting = (
        select(col(Batch.position))
        .join(Issue, col(Issue.number) == col(Batch.issue_number))
        .where(*due(number, now), col(Issue.state) == IssueState.SENDING)
    )
    found = session.execute(
        select(
            exists(waiting.where(col(Batch.lane).not_in(named))),
            *[exists(waiting.where(col(Batch.lane) == lane)) for lane in named],
        )
    ).one()
    return [lane for lane, is_there in zip([ALL, *named], found, strict=True) if is_there]


def _hold(
    lane: str, limits: Mapping[str, Limit], meters: Mapping[str, Meter], now: datetime
) -> Hold:
    """What that lane waits for: its own limit, or that on all mail."""
    holds = [
        Hold(free_from(meters[one], limits[one], now), _why(one, limits[one], meters[one], now))
        for one in (ALL, lane)
        if one in limits
    ]
    return max(holds, key=lambda one: one.until, default=Hold(now, ""))


def _why(lane: str, limit: Limit, meter: Meter, now: datetime) -> str:
    to = f" to {lane}" if lane != ALL else ""
    if limit.per_day is not None and free_from(meter, limit, now) >= next_day(now):
        return f"the day's limit of {limit.per_day:,}{to} is reached"
    return f"no more than {limit.per_second:,g} a second{to}"


def _later(number: int, now: datetime | None = None) -> tuple[Any, ...]:
    """Conditions on batches that have a time, one that is still to come where `now` is given."""
    return (
        col(Batch.issue_number) == number,
        col(Batch.state) == BatchState.QUEUED,
        col(Batch.not_before).is_not(None) if now is None else col(Batch.not_before) > now,
    )


def _left(session: Session, number: int, limits: Mapping[str, Limit]) -> dict[str, int]:
    """Recipients that the limits still have to let go, by limit."""
    rows = session.execute(
        select(col(Batch.lane), func.count())
        .join(
            Delivery,
            (col(Delivery.issue_number) == col(Batch.issue_number))
            & (col(Delivery.batch_position) == col(Batch.position)),
        )
        .where(
            col(Batch.issue_number) == number,
            col(Batch.state) == BatchState.QUEUED,
            col(Delivery.state) == DeliveryState.QUEUED,
        )
        .group_by(col(Batch.lane))
    ).all()
    left = dict.fromkeys(limits, 0)
    for lane, people in rows:
        for one in {ALL, str(lane)} & set(limits):
            left[one] += int(people)
    return left
