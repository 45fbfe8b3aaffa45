"""Counts hits of issues by looking at every event: the one definition of what reports show.

`kept` keeps these counts as long as nothing changes.
"""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from digest.events.tables import Event, EventKind

HITS = (EventKind.OPENED, EventKind.CLICKED)


class HitRow(NamedTuple):
    """Events of one kind and class: `people` are deliveries, `named` and `hits` events."""

    issue: int
    kind: str
    machine: bool | None
    people: int
    named: int
    hits: int


class LinkRow(NamedTuple):
    """Clicks on one link of people, or of machines."""

    issue: int
    link: int
    machine: bool
    people: int
    hits: int


def count_hits(
    session: Session, numbers: Collection[int], kinds: Collection[EventKind], *, all_of: bool = True
) -> list[HitRow]:
    """Count the events of these kinds; only those with a rule unless `all_of`."""
    statement = (
        select(
            col(Event.issue_number),
            col(Event.kind),
            col(Event.machine),
            func.count(func.distinct(col(Event.delivery_id))),
            func.count(col(Event.delivery_id)),
            func.count(),
        )
        .where(col(Event.issue_number).in_(numbers), col(Event.kind).in_(list(kinds)))
        .group_by(col(Event.issue_number), col(Event.kind), col(Event.machine))
    )
    if not all_of:
        statement = statement.where(col(Event.rule).is_not(None))
    return [HitRow._make(row) for row in session.execute(statement)]


def count_links(
    session: Session, numbers: Collection[int], *, all_of: bool = True
) -> list[LinkRow]:
    """Count the clicks on links that are classified; only those with a rule unless `all_of`."""
    statement = (
        select(
            col(Event.issue_number),
            col(Event.link_number),
            col(Event.machine),
            func.count(func.distinct(col(Event.delivery_id))),
            func.count(),
        )
        .where(
            col(Event.issue_number).in_(numbers),
            col(Event.kind) == EventKind.CLICKED,
            col(Event.link_number).is_not(None),
            col(Event.machine).is_not(None),
        )
        .group_by(col(Event.issue_number), col(Event.link_number), col(Event.machine))
    )
    if not all_of:
        statement = statement.where(col(Event.rule).is_not(None))
    return [LinkRow._make(row) for row in session.execute(statement)]
