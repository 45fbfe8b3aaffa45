"""Counts events of issues: people once per delivery, machines by hits, by issue and by link."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlmodel import Session, col

from digest.events.tables import Event, EventKind

NAMES = {
    EventKind.OPENED: "opens",
    EventKind.CLICKED: "clicks",
    EventKind.VOTED: "votes",
    EventKind.UNSUBSCRIBED: "unsubscribes",
}
DECIDED = (EventKind.VOTED, EventKind.UNSUBSCRIBED)
"""Kinds that need a form, so a person did it and no machine."""


@dataclass(frozen=True, slots=True)
class HitCounts:
    """What was made of one issue. `people` counts deliveries, the others count hits.

    `anonymous` hits are people's who do not want to be named; `unlabelled` ones are not classified
    yet. Neither counts as people or machines.
    """

    people: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES.values(), 0))
    machines: dict[str, int] = field(default_factory=lambda: {"opens": 0, "clicks": 0})
    unlabelled: dict[str, int] = field(default_factory=lambda: {"opens": 0, "clicks": 0})
    anonymous: dict[str, int] = field(default_factory=lambda: {"opens": 0, "clicks": 0})


def hit_counts(session: Session, numbers: Collection[int]) -> dict[int, HitCounts]:
    """Return the counts of each of these issues, by one statement."""
    found = {number: HitCounts() for number in numbers}
    rows = session.execute(
        select(
            col(Event.issue_number),
            col(Event.kind),
            col(Event.machine),
            func.count(func.distinct(col(Event.delivery_id))),
            func.count(col(Event.delivery_id)),
            func.count(),
        )
        .where(col(Event.issue_number).in_(numbers), col(Event.kind).in_(list(NAMES)))
        .group_by(col(Event.issue_number), col(Event.kind), col(Event.machine))
    )
    for number, kind, machine, persons, named, hits in rows:
        name, counts = NAMES[EventKind(kind)], found[number]
        if kind in DECIDED or machine is False:
            counts.people[name] += persons
            if kind not in DECIDED:
                counts.anonymous[name] += hits - named
        else:
            (counts.machines if machine else counts.unlabelled)[name] += hits
    return found


@dataclass(frozen=True, slots=True)
class LinkHits:
    """How often a link was clicked: by how many people, and by machines how many times."""

    people: int = 0
    machines: int = 0


def link_hits(session: Session, number: int) -> Mapping[int, LinkHits]:
    """Return the clicks on each link of an issue that was clicked, by the link's number."""
    rows = session.execute(
        select(
            col(Event.link_number),
            col(Event.machine),
            func.count(func.distinct(col(Event.delivery_id))),
            func.count(),
        )
        .where(
            col(Event.issue_number) == number,
            col(Event.kind) == EventKind.CLICKED,
            col(Event.link_number).is_not(None),
            col(Event.machine).is_not(None),
        )
        .group_by(col(Event.link_number), col(Event.machine))
    )
    people: dict[int, int] = {}
    machines: dict[int, int] = {}
    for link, machine, persons, hits in rows:
        if machine:
            machines[link] = hits
        else:
            people[link] = persons
    return {
        link: LinkHits(people.get(link, 0), machines.get(link, 0)) for link in {*people, *machines}
    }


def clickers_by_link(session: Session, numbers: Collection[int]) -> Mapping[tuple[int, int], int]:
    """Return how many people clicked each link of these issues, by issue and link."""
    rows = session.execute(
        select(
            col(Event.issue_number),
            col(Event.link_number),
            func.count(func.distinct(col(Event.delivery_id))),
        )
        .where(
            col(Event.issue_number).in_(numbers),
            col(Event.kind) == EventKind.CLICKED,
            col(Event.machine).is_(False),
            col(Event.link_number).is_not(None),
        )
        .group_by(col(Event.issue_number), col(Event.link_number))
    )
    return {(issue, link): people for issue, link, people in rows}
