"""Counts events of issues: people once per delivery, machines by hits, by issue and by link."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from digest.events.tables import EventKind
from digest.reports.counting import LinkRow, count_hits, count_links
from digest.reports.kept import kept_figures

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
    """Return the counts of each of these issues."""
    found = {number: HitCounts() for number in numbers}
    kept = kept_figures(session, numbers)
    counted = [number for number in numbers if number not in kept]
    rows = [
        *((number, *row) for number, figures in kept.items() for row in figures.hits),
        *(count_hits(session, counted, NAMES) if counted else ()),
        *(count_hits(session, kept, DECIDED) if kept else ()),
    ]
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
    people: dict[int, int] = {}
    machines: dict[int, int] = {}
    for _, link, machine, persons, hits in _link_rows(session, [number]):
        if machine:
            machines[link] = machines.get(link, 0) + hits
        else:
            people[link] = persons
    return {
        link: LinkHits(people.get(link, 0), machines.get(link, 0)) for link in {*people, *machines}
    }


def clickers_by_link(session: Session, numbers: Collection[int]) -> Mapping[tuple[int, int], int]:
    """Return how many people clicked each link of these issues, by issue and link."""
    return {
        (issue, link): people
        for issue, link, machine, people, _ in _link_rows(session, numbers)
        if not machine
    }


def _link_rows(session: Session, numbers: Collection[int]) -> list[LinkRow]:
    kept = kept_figures(session, numbers)
    counted = [number for number in numbers if number not in kept]
    rows = [LinkRow(number, *row) for number, one in kept.items() for row in one.links]
    return rows + (count_links(session, counted) if counted else [])
