"""Stores delivery events, each once, and applies what follows from the new ones.

Set-wise: one transaction for any number of events, a few statements for any transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from digest.deliver.bounce_policy.apply import BounceRecord, apply_bounce_policy
from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.tables import Delivery
from digest.events.insertion import EventColumns
from digest.events.old_links import with_public_ids
from digest.events.tables import Event, EventKind
from digest.events.writer import record_new_events
from digest.track.hits.classification import reclassify_later
from digest.track.provider_events.by_address import find_by_address
from digest.track.provider_events.delivery_event import FAILED, DeliveryEvent, MatchedEvent
from digest.track.provider_events.delivery_states import apply_states
from digest.track.provider_events.opt_outs import apply_opt_outs
from digest.track.provider_events.transactional import ingest_transactional
from store.rows import as_rows
from subscribers.addresses import AddressHasher
from subscribers.preferences import ADDRESS_CHANGE_WORDING
from subscribers.tables import Consent
from subscribers.tokens import TokenClaims

BY_MAIL = "mail:"
"""How the keys of events begin that a report in the bounce mailbox made."""


def ingest(
    session: Session, hasher: AddressHasher, events: Sequence[DeliveryEvent], now: datetime
) -> int:
    """Stores the events that are new and applies them; returns how many were new.

    Runs in the caller's transaction. Deliveries end in the same states whatever the order.
    """
    unique = {one.key: one for one in find_by_address(session, events)}
    # Always in the order of keys: two posts with the same events would deadlock otherwise.
    listed = [unique[key] for key in sorted(unique)]
    claims = with_public_ids(session, [one.claims for one in listed])
    new = record_new_events(session, _columns(listed, claims))
    matched = [
        MatchedEvent._make((unique[key], delivery)) for key, delivery in new if delivery is not None
    ]
    decisive = [one for one in matched if one.event.kind in _DECISIVE or one.event.opt_out]
    # Asked for before the states change, while deliveries still say when they were submitted.
    outdated = _sent_to_old_address(session, decisive)
    apply_states(session, matched, now)
    delivered = [one for event, one in matched if event.kind is EventKind.DELIVERED]
    reclassify_later(session, delivered)
    _apply_bounces(session, [one for one in decisive if one.delivery_id not in outdated], now)
    apply_opt_outs(session, hasher, decisive, now)
    transactional = [unique[key] for key, _ in new if unique[key].transactional_id is not None]
    if transactional:
        ingest_transactional(session, hasher, transactional, now)
    return len(new)


_DECISIVE = frozenset(FAILED)


def _columns(events: Sequence[DeliveryEvent], claims: Sequence[TokenClaims | None]) -> EventColumns:
    # An unsubscribe is a person's decision, and counts once however it was told.
    machines = [False if one.kind is EventKind.UNSUBSCRIBED else one.machine for one in events]
    # The token is a delivery's name and no link: void links change nothing about it.
    nothing = [None] * len(events)
    return EventColumns(
        key=[one.key for one in events],
        kind=[one.kind for one in events],
        issue=[one.issue if one else None for one in claims],
        subscriber=[one.subscriber if one else None for one in claims],
        link=nothing,
        machine=machines,
        detail=[one.detail for one in events],
        epoch=nothing,
        at=[one.at for one in events],
    )


def _sent_to_old_address(session: Session, matched: Sequence[MatchedEvent]) -> set[int]:
    """Failed deliveries to an address that the reader has changed since.

    Such a bounce says nothing of the new address.
    """
    failed = [(one.delivery_id, None) for one in matched if one.event.kind in FAILED]
    if not failed:
        return set()
    wanted = as_rows(session, failed).subquery()
    found = session.scalars(
        select(col(Delivery.id))
        .join(wanted, wanted.c.id == col(Delivery.id))
        .join(Consent, col(Consent.subscriber_id) == col(Delivery.subscriber_id))
        .where(
            col(Consent.wording) == ADDRESS_CHANGE_WORDING,
            col(Consent.at) > col(Delivery.changed_at),
        )
    )
    return {one for one in found if one is not None}


def _apply_bounces(session: Session, matched: Sequence[MatchedEvent], now: datetime) -> None:
    failed = [(one, delivery) for one, delivery in matched if one.kind in FAILED]
    doubtful = _answered_by_a_person(
        session,
        [
            delivery
            for one, delivery in failed
            if one.key.startswith(BY_MAIL) and one.bounce_type is BounceType.HARD
        ],
    )
    records = [
        BounceRecord(
            delivery,
            BounceType.SOFT if delivery in doubtful else one.bounce_type,
            f"{one.code or ''} {one.note}".strip(),
            one.at,
        )
        for one, delivery in failed
    ]
    apply_bounce_policy(session, records, now)


def _answered_by_a_person(session: Session, deliveries: Sequence[int]) -> set[int]:
    """Deliveries that a person has clicked in or voted by: they can't have found no mailbox.

    A report by mail is signed by nobody: whoever knows a letter's Message-ID can make one up.
    """
    if not deliveries:
        return set()
    wanted = as_rows(session, [(one, None) for one in deliveries]).subquery()
    found = session.scalars(
        select(col(Event.delivery_id))
        .join(wanted, wanted.c.id == col(Event.delivery_id))
        .where(
            (col(Event.kind) == EventKind.VOTED)
            | (
                (col(Event.kind) == EventKind.CLICKED)
                & col(Event.machine).is_(False)
                & col(Event.rule).is_not(None)
            )
        )
        .distinct()
    )
    return {one for one in found if one is not None}
