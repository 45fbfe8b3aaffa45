"""Counts an issue's deliveries and their readers by mailbox provider, in groups of five or more.

Known are the providers' own domains. A company's domain that one of them hosts is among "others":
only its DNS would say.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from digest.deliver.tables import Delivery, DeliveryState
from digest.events.tables import Event, EventKind
from digest.reports.deliveries import REACHED
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
    for number, group, state, amount in _deliveries(session, numbers):
        counts = found[number][group]
        counts["people"] += amount
        if state in REACHED:
            counts["reached"] += amount
        if state in _COUNTED:
            counts[state] += amount
    for number, group, kind, people in _readers(session, numbers):
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


def _group(session: Session) -> ColumnElement[str]:
    key = col(Subscriber.email_key)
    if session.get_bind().dialect.name == "sqlite":
        domain: ColumnElement[str] = func.substr(key, func.instr(key, "@") + 1)
    else:
        domain = func.split_part(key, "@", 2)
    return case(
        {name: group for group, names in DOMAINS.items() for name in names},
        value=domain,
        else_=OTHERS,
    )


def _deliveries(session: Session, numbers: Collection[int]) -> list[tuple[int, str, str, int]]:
    group = _group(session).label("mailbox_provider")
    rows = session.execute(
        select(col(Delivery.issue_number), group, col(Delivery.state), func.count())
        .select_from(Delivery)
        .outerjoin(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(col(Delivery.issue_number).in_(numbers))
        .group_by(col(Delivery.issue_number), group, col(Delivery.state))
    )
    return [(number, name, state, amount) for number, name, state, amount in rows]


def _readers(session: Session, numbers: Collection[int]) -> list[tuple[int, str, str, int]]:
    """Return how many people of each group opened and clicked each issue."""
    group = _group(session).label("mailbox_provider")
    rows = session.execute(
        select(
            col(Event.issue_number),
            group,
            col(Event.kind),
            func.count(func.distinct(col(Event.delivery_id))),
        )
        .select_from(Event)
        .join(Delivery, col(Delivery.id) == col(Event.delivery_id))
        .outerjoin(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(
            col(Event.issue_number).in_(numbers),
            col(Event.kind).in_((EventKind.OPENED, EventKind.CLICKED)),
            col(Event.machine).is_(False),
        )
        .group_by(col(Event.issue_number), group, col(Event.kind))
    )
    return [(number, name, kind, people) for number, name, kind, people in rows]
