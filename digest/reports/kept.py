"""Reads the figures of issues that were counted before, if nothing has changed since (decision 46).

Whatever changes a figure leaves a row in the same transaction: in `delivery_count` for a state, in
`figure_change` for a label, an address or an erasure. Their number and the sum of their ids are the
issue's stamp: both only grow, so figures of the same stamp are the figures of now. New hits that
are not classified yet have no rule and are few; they are counted beside.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, func, literal, select, text, union_all
from sqlmodel import Session, col

from digest.deliver.tables import DeliveryCount
from digest.events.tables import UNCLASSIFIED, Event, EventKind, FigureChange, KeptFigures
from digest.reports.mailbox_domains import DOMAINS

MOST_UNCLASSIFIED = 2**31 - 1
"""More than there ever are."""
FORM = 1
"""The form of what is kept; another one makes nothing of what is kept."""


def _version() -> str:
    said = repr((FORM, sorted((name, sorted(domains)) for name, domains in DOMAINS.items())))
    return hashlib.sha256(said.encode()).hexdigest()[:12]


VERSION = _version()


@dataclass(frozen=True, slots=True)
class Figures:
    """The rows of `counting` and `mailbox_providers` without the issue's number."""

    hits: list[tuple[str, bool | None, int, int, int]]
    links: list[tuple[int, bool, int, int]]
    states: list[tuple[str, str, int]]
    readers: list[tuple[str, str, int]]


def stamps(session: Session, numbers: Collection[int]) -> dict[int, str]:
    """Return the stamp of each issue, by one statement."""
    parts: dict[int, dict[str, str]] = {number: {} for number in numbers}
    changes: CompoundSelect[Any] = union_all(
        *[
            select(
                col(table.issue_number).label("number"),
                literal(name).label("of"),
                func.count().label("rows"),
                func.sum(col(table.id)).label("ids"),
            )
            .where(col(table.issue_number).in_(numbers))
            .group_by(col(table.issue_number))
            for name, table in (("states", DeliveryCount), ("others", FigureChange))
        ]
    )
    for number, name, rows, ids in session.execute(changes):
        parts[number][name] = f"{rows}/{ids}"
    return {
        number: f"{VERSION} {its.get('states', '')} {its.get('others', '')}"
        for number, its in parts.items()
    }


def kept_figures(session: Session, numbers: Collection[int]) -> dict[int, Figures]:
    """Return the figures of those issues of which the kept ones are those of now."""
    rows = session.execute(
        select(
            col(KeptFigures.issue_number), col(KeptFigures.stamp), col(KeptFigures.figures)
        ).where(col(KeptFigures.issue_number).in_(numbers), col(KeptFigures.figures).is_not(None))
    ).all()
    if not rows:
        return {}
    found = {number: (stamp, Figures(**figures)) for number, stamp, figures in rows if figures}
    # Before the stamps: what is classified in between changes them.
    unsure = set(_add_unclassified(session, {number: one for number, (_, one) in found.items()}))
    now = stamps(session, found)
    return {
        number: figures
        for number, (stamp, figures) in found.items()
        if stamp == now[number] and number not in unsure
    }


def _add_unclassified(session: Session, found: dict[int, Figures]) -> Iterator[int]:
    """Add hits without a rule; yield the issues where some of them are a person's.

    Whoever made one of those may be counted already: until it is classified all are counted.
    """
    # In their order and with a limit, so that SQLite reads the index of these alone, and not one of
    # all events by issue.
    new = (
        select(Event)
        .where(text(UNCLASSIFIED))
        .order_by(col(Event.id))
        .limit(MOST_UNCLASSIFIED)
        .subquery()
    ).c
    groups = (new.issue_number, new.kind, new.link_number, new.machine)
    rows = session.execute(
        select(*groups, func.count(new.delivery_id), func.count()).group_by(*groups)
    )
    for number, kind, link, machine, named, hits in rows:
        if number not in found:
            continue
        if machine is False:
            yield number
            continue
        found[number].hits.append((kind, machine, 0, named, hits))
        if kind == EventKind.CLICKED and link is not None and machine:
            found[number].links.append((link, True, 0, hits))


def as_stored(figures: Figures) -> dict[str, Any]:
    """Return the figures as JSON has them."""
    return {
        "hits": figures.hits,
        "links": figures.links,
        "states": figures.states,
        "readers": figures.readers,
    }
