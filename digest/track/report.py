"""The report of an issue: people and machines apart, each person counted once."""

from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from digest.deliver.ledger.finish import count_deliveries
from digest.events.tables import Event, EventKind
from digest.issues.lifecycle import find_issue

NAMES = {
    EventKind.OPENED: "opens",
    EventKind.CLICKED: "clicks",
    EventKind.VOTED: "votes",
    EventKind.UNSUBSCRIBED: "unsubscribes",
}
DECIDED = (EventKind.VOTED, EventKind.UNSUBSCRIBED)
"""Kinds that need a form, so a person did it and no machine."""


def report_of(session: Session, number: int) -> dict[str, Any]:
    """Returns `{number, people, machines, unlabelled, deliveries}`. Raises NoSuchIssueError.

    People are distinct deliveries, machines are hits. An unclassified hit is
    `unlabelled` and counts for neither.
    """
    find_issue(session, number)
    rows = session.execute(
        select(
            col(Event.kind),
            col(Event.machine),
            func.count(func.distinct(col(Event.delivery_id))),
            func.count(),
        )
        .where(col(Event.issue_number) == number, col(Event.kind).in_(list(NAMES)))
        .group_by(col(Event.kind), col(Event.machine))
    )
    people = dict.fromkeys(NAMES.values(), 0)
    machines = {"opens": 0, "clicks": 0}
    unlabelled = {"opens": 0, "clicks": 0}
    for kind, machine, persons, hits in rows:
        name = NAMES[EventKind(kind)]
        if kind in DECIDED or machine is False:
            people[name] += persons
        else:
            (machines if machine else unlabelled)[name] += hits
    return {
        "number": number,
        "people": people,
        "machines": machines,
        "unlabelled": unlabelled,
        "deliveries": count_deliveries(session, number),
    }
