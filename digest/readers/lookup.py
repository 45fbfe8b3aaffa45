"""Finds subscribers by a part of their address, and reads what an editor is shown of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from digest.deliver.ledger.submitting import reported_state
from digest.deliver.tables import Delivery
from subscribers.consent import consents_of
from subscribers.preferences import Preferences, preferences_of
from subscribers.suppression import find_suppression
from subscribers.suppression_removal import removals_of
from subscribers.tables import Consent, Subscriber, Suppression, SuppressionRemoval

MAX_FOUND = 20
MAX_SENT = 50
"""Deliveries that are shown, the newest."""


class FoundSubscriber(NamedTuple):
    """A line of what was found."""

    id: int
    email: str
    status: str
    created_at: datetime


class SentIssue(NamedTuple):
    """What became of an issue to one subscriber; `code` is what their server answered."""

    issue: int
    state: str
    code: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class SubscriberDetails:
    """A subscriber as an editor is shown them. Lists stand the newest first."""

    person: Subscriber
    preferences: Preferences
    suppression: Suppression | None
    removals: Sequence[SuppressionRemoval]
    consents: Sequence[Consent]
    sent: Sequence[SentIssue]


def search_subscribers(session: Session, text: str) -> list[FoundSubscriber]:
    """Return those whose address holds `text`, by address; without a text the newest.

    One more than `MAX_FOUND` at most, so that a page can say that there are more.
    """
    columns = (col(Subscriber.id), Subscriber.email, Subscriber.status, Subscriber.created_at)
    rule = select(*columns).limit(MAX_FOUND + 1)
    sought = text.strip().lower()
    if sought:
        held = col(Subscriber.email_key).contains(sought, autoescape=True)
        rule = rule.where(held).order_by(col(Subscriber.email_key))
    else:
        rule = rule.order_by(col(Subscriber.id).desc())
    return [FoundSubscriber(row[0] or 0, *row[1:]) for row in session.exec(rule)]


def subscriber_details(session: Session, subscriber_id: int) -> SubscriberDetails | None:
    """Return what is shown of a subscriber; None if there is none with that id."""
    person = session.get(Subscriber, subscriber_id)
    if person is None:
        return None
    sent = session.exec(
        select(Delivery.issue_number, reported_state(), Delivery.code, Delivery.changed_at)
        .where(col(Delivery.subscriber_id) == subscriber_id)
        .order_by(col(Delivery.id).desc())
        .limit(MAX_SENT)
    )
    return SubscriberDetails(
        person,
        preferences_of(session, person),
        find_suppression(session, person.address_hash),
        removals_of(session, person.address_hash)[::-1],
        consents_of(session, subscriber_id)[::-1],
        [SentIssue(*row) for row in sent],
    )
