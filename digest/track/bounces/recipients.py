"""Looks up the recipient of a message of ours, and which inbound messages were read before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import NamedTuple

from sqlmodel import Session, col, select

from digest.deliver.tables import Delivery
from digest.deliver.transactional.tables import TransactionalMessage
from digest.events.old_links import with_public_ids
from digest.issues.tables import Issue
from digest.track.bounces.tables import MAX_NAME_LENGTH, MAX_NOTE_LENGTH, InboundMessageRow
from store.insertion import insert_new
from subscribers.addresses import AddressError, parse_address
from subscribers.preferences import ADDRESS_CHANGE_WORDING
from subscribers.tables import Consent, Subscriber
from subscribers.tokens import Purpose, TokenClaims, Tokens


class MailedTo(NamedTuple):
    """The delivery or transactional message that a token names, and the address it went to."""

    claims: TokenClaims | None
    transactional_id: int | None
    subscriber_id: int | None
    address: str
    """In lower case; empty where the person is erased or has left that address since."""


def find_mailed(session: Session, tokens: Tokens, candidates: Sequence[str]) -> MailedTo | None:
    """Returns what the first candidate that is a token of ours names."""
    deliveries = tokens.read_many(Purpose.DELIVERY, candidates)
    claims = next((one for one in deliveries if one is not None), None)
    if claims is not None:
        person, submitted_at = _recipient(session, claims)
        left = person is not None and _changed_address_since(session, person, submitted_at)
        return MailedTo(claims, None, person.id if person else None, "" if left else _key(person))
    others = tokens.read_many(Purpose.TRANSACTIONAL, candidates)
    named = next((one.subscriber for one in others if one is not None), None)
    if named is None:
        return None
    message = session.exec(
        select(TransactionalMessage).where(TransactionalMessage.public_id == named)
    ).first()
    if message is None:
        return MailedTo(None, named, None, "")
    person = session.get(Subscriber, message.subscriber_id)
    address = _key(person) if message.email is None else message.email.lower()
    return MailedTo(None, named, person.id if person else None, address)


def _recipient(session: Session, claims: TokenClaims) -> tuple[Subscriber | None, datetime | None]:
    """Returns the delivery's subscriber, and when the delivery last changed."""
    (named,) = with_public_ids(session, [claims])
    if named is None:
        return None, None
    found = session.exec(
        select(Subscriber, Delivery.changed_at)
        .join(Delivery, col(Delivery.subscriber_id) == col(Subscriber.id))
        .join(Issue, col(Issue.number) == col(Delivery.issue_number))
        .where(Issue.public_id == named.issue, Subscriber.public_id == named.subscriber)
    ).first()
    return found or (None, None)


def _changed_address_since(
    session: Session, person: Subscriber, submitted_at: datetime | None
) -> bool:
    """Returns whether the reader has changed their address since the delivery."""
    if submitted_at is None:
        return False
    found = session.exec(
        select(Consent.id).where(
            Consent.subscriber_id == person.id,
            Consent.wording == ADDRESS_CHANGE_WORDING,
            col(Consent.at) > submitted_at,
        )
    )
    return found.first() is not None


def _key(person: Subscriber | None) -> str:
    return person.email_key if person else ""


def find_author(session: Session, sender: str) -> int | None:
    """Returns the subscriber with the address in a From header."""
    try:
        key = parse_address(parseaddr(sender[:500])[1]).key
    except AddressError:
        return None
    return session.exec(select(Subscriber.id).where(Subscriber.email_key == key)).first()


def names_read(session: Session) -> set[str]:
    """Returns the names of all messages that were looked at before."""
    return set(session.exec(select(InboundMessageRow.name)).all())


class Reading(NamedTuple):
    """What one message was taken for."""

    meaning: str
    note: str = ""
    subscriber_id: int | None = None


def record_readings(session: Session, readings: Mapping[str, Reading], now: datetime) -> None:
    for name, reading in readings.items():
        row = {
            "name": name[:MAX_NAME_LENGTH],
            "meaning": reading.meaning,
            "note": reading.note[:MAX_NOTE_LENGTH],
            "subscriber_id": reading.subscriber_id,
            "read_at": now,
        }
        session.connection().execute(insert_new(session, InboundMessageRow).values(**row))
