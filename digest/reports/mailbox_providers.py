"""Counts an issue's deliveries and their readers by mailbox provider, in groups of five or more.

Known are the providers' own domains. A company's domain that one of them hosts is among "others":
only its DNS would say.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlmodel import Session, col

from digest.deliver.tables import Delivery, DeliveryState
from digest.events.tables import Event, EventKind
from digest.reports.deliveries import REACHED
from digest.reports.kept import kept_figures
from digest.reports.mailbox_domains import DOMAINS
from subscribers.tables import Subscriber

OTHERS = "others"
MIN_PEOPLE = 5
"""A smaller group could be traced to a person."""


@dataclass(frozen=True, slots=True)
class ProviderCounts:
    """One group of an issue's audience. Opens and clicks are people's."""

    people: int = 0
    reached: int = 0
    bounced: int = 0
    complained: int = 0
    failed: int = 0
    uncertain: int = 0
    opens: int = 0
    clicks: int = 0

    def __add__(self, other: "ProviderCounts") -> "ProviderCounts":
        pairs = zip(astuple(self), astuple(other), strict=True)
        return ProviderCounts(*(one + two for one, two in pairs))


Groups = dict[str, ProviderCounts]


def counts_by_provider(session: Session, numbers: Collection[int]) -> dict[int, Groups]:
    """Return the counts of each issue by group, large ones first; see `fold_small`.

    Who was erased has no address any more, and counts among the others.
    """
    found: dict[int, dict[str, dict[str, int]]] = {
        number: defaultdict(lambda: defaultdict(int)) for number in numbers
    }
    kept = kept_figures(session, numbers)
    counted = [number for number in numbers if number not in kept]
    states = [(number, *row) for number, one in kept.items() for row in one.states]
    readers = [(number, *row) for number, one in kept.items() for row in one.readers]
    if counted:
        states += count_deliveries(session, counted)
        readers += count_readers(session, counted)
    for number, group, state, amount in states:
        counts = found[number][group]
        counts["people"] += amount
        if state in REACHED:
            counts["reached"] += amount
        if state in _COUNTED:
            counts[state] += amount
    for number, group, kind, people in readers:
        found[number][group]["opens" if kind == EventKind.OPENED else "clicks"] += people
    return {
        number: fold_small({group: ProviderCounts(**counts) for group, counts in groups.items()})
        for number, groups in found.items()
    }


_COUNTED = (
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
    DeliveryState.FAILED,
    DeliveryState.UNCERTAIN,
)


def fold_small(groups: Mapping[str, ProviderCounts]) -> Groups:
    """Return the groups with small ones among the others, until none is smaller than MIN_PEOPLE.

    Where the others alone would be few, the next larger group joins them: else they could be told
    from the sum. Fewer people than MIN_PEOPLE in all make no group.
    """
    named = {group: counts for group, counts in groups.items() if group != OTHERS}
    rest = groups.get(OTHERS, ProviderCounts())
    for group in sorted(named, key=lambda one: (named[one].people, one)):
        if named[group].people < MIN_PEOPLE or 0 < rest.people < MIN_PEOPLE:
            rest += named.pop(group)
    found = dict(sorted(named.items(), key=lambda one: (-one[1].people, one[0])))
    if rest.people >= MIN_PEOPLE:
        found[OTHERS] = rest
    return found


def _domain(session: Session) -> ColumnElement[str]:
    key = col(Subscriber.email_key)
    if session.get_bind().dialect.name == "sqlite":
        return func.substr(key, func.instr(key, "@") + 1)
    return func.split_part(key, "@", 2)


def _by_group(
    session: Session, by_domain: Select[Any, str, Any], people: ColumnElement[int]
) -> list[tuple[int, str, str, int]]:
    """Return issue, group, state or kind, and people of rows that are grouped by domain.

    The long list of domains is looked through once a domain and not once a person.
    """
    counted = by_domain.add_columns(people.label("people")).subquery()
    group = case(
        {name: group for group, names in DOMAINS.items() for name in names},
        value=counted.c.domain,
        else_=OTHERS,
    )
    rows = session.execute(
        select(counted.c.number, group, counted.c.what, func.sum(counted.c.people)).group_by(
            counted.c.number, group, counted.c.what
        )
    )
    return [(number, name, what, int(amount)) for number, name, what, amount in rows]


def count_deliveries(session: Session, numbers: Collection[int]) -> list[tuple[int, str, str, int]]:
    """Return how many deliveries of each issue and group are in each state."""
    number, domain, state = col(Delivery.issue_number), _domain(session), col(Delivery.state)
    by_domain: Select[Any, str, Any] = (
        select(number.label("number"), domain.label("domain"), state.label("what"))
        .select_from(Delivery)
        .outerjoin(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(number.in_(numbers))
        .group_by(number, domain, state)
    )
    return _by_group(session, by_domain, func.count())


def count_readers(session: Session, numbers: Collection[int]) -> list[tuple[int, str, str, int]]:
    """Return how many people of each group opened and clicked each issue."""
    number, domain, kind = col(Event.issue_number), _domain(session), col(Event.kind)
    by_domain: Select[Any, str, Any] = (
        select(number.label("number"), domain.label("domain"), kind.label("what"))
        .select_from(Event)
        .join(Delivery, col(Delivery.id) == col(Event.delivery_id))
        .outerjoin(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(
            number.in_(numbers),
            kind.in_((EventKind.OPENED, EventKind.CLICKED)),
            col(Event.machine).is_(False),
        )
        .group_by(number, domain, kind)
    )
    # A delivery has one domain, so that nobody is counted in two rows.
    return _by_group(session, by_domain, func.count(func.distinct(col(Event.delivery_id))))
