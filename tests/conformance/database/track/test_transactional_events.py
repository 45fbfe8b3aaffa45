"""What comes back from letters: the policy is that of issues, and each report counts once."""

from datetime import timedelta

import pytest
from sqlmodel import select

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.transactional import mail
from digest.deliver.transactional.tables import TransactionalKind, TransactionalMessage
from digest.events.tables import Event, EventKind
from digest.track.provider_events.delivery_event import DeliveryEvent, OptOut
from digest.track.provider_events.ingest import ingest
from digest.track.provider_events.sendgrid import parse_webhook
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.suppression_removal import remove_suppression
from subscribers.tables import Subscriber, Suppression
from subscribers.tokens import Purpose, Tokens
from tests.parts.world import NOW, SECRET, add_people

HASHER = AddressHasher(SECRET)
LETTER = 314_159
"""The public id of the letter."""
BOUNCE = DeliveryEvent(
    "k",
    EventKind.BOUNCED,
    None,
    NOW,
    bounce_type=BounceType.HARD,
    code="5.1.1",
    note="gone",
    transactional_id=LETTER,
)
COMPLAINT = DeliveryEvent(
    "c", EventKind.COMPLAINED, None, NOW, opt_out=OptOut.COMPLAIN, transactional_id=LETTER
)


def owe(store: Store, status: str = "pending", email: str | None = None) -> None:
    add_people(store, 1, status)
    with store.write() as session:
        mail.enqueue(session, TransactionalKind.CONFIRMATION, 1, "1", NOW, email=email)
        letter = session.exec(select(TransactionalMessage)).one()
        letter.state, letter.public_id = "submitted", LETTER


def hear(store: Store, *reports: DeliveryEvent) -> int:
    with store.write() as session:
        return ingest(session, HASHER, reports, NOW)


def standing(store: Store) -> tuple[str, str, list[tuple[str, str | None]]]:
    """The letter, the reader, and what is suppressed."""
    with store.read() as session:
        rows = session.exec(select(Suppression)).all()
        return (
            session.exec(select(TransactionalMessage.state)).one(),
            session.exec(select(Subscriber.status)).one(),
            [(one.reason, one.email) for one in rows],
        )


def test_an_address_at_fault_is_not_asked_again(store: Store) -> None:
    owe(store)
    assert hear(store, BOUNCE) == 1
    assert hear(store, BOUNCE) == 0
    assert standing(store) == ("failed", "bounced", [("bounced", "reader0@example.org")])


def test_a_complaint_suppresses_who_never_asked(store: Store) -> None:
    owe(store)
    hear(store, COMPLAINT)
    assert standing(store) == ("submitted", "complained", [("complained", "reader0@example.org")])


@pytest.mark.parametrize("bounce_type", [BounceType.SOFT, BounceType.NONE])
def test_what_passes_suppresses_nobody(store: Store, bounce_type: BounceType) -> None:
    owe(store)
    hear(store, BOUNCE._replace(bounce_type=bounce_type))
    assert standing(store) == ("failed", "pending", [])


def test_another_address_is_suppressed_by_itself(store: Store) -> None:
    owe(store, "active", "new@example.net")
    hear(store, COMPLAINT)
    assert standing(store) == ("submitted", "active", [("complained", "new@example.net")])


def test_who_opts_out_at_the_provider_is_off_the_list(store: Store) -> None:
    owe(store, "active")
    hear(
        store,
        DeliveryEvent(
            "u",
            EventKind.UNSUBSCRIBED,
            None,
            NOW,
            opt_out=OptOut.UNSUBSCRIBE,
            transactional_id=LETTER,
        ),
    )
    assert standing(store)[1:] == ("unsubscribed", [("unsubscribed", "reader0@example.org")])


def test_what_is_older_than_a_lift_is_no_news(store: Store) -> None:
    owe(store)
    hear(store, BOUNCE)
    with store.write() as session:
        address_hash = session.exec(select(Subscriber.address_hash)).one()
        remove_suppression(
            session, address_hash, who="me", why="fixed", now=NOW + timedelta(hours=1)
        )
    hear(store, BOUNCE._replace(key="late"))
    assert standing(store)[2] == []


def test_a_letter_that_is_gone_is_nobodys(store: Store) -> None:
    owe(store)
    assert hear(store, BOUNCE._replace(transactional_id=4711)) == 1
    assert standing(store) == ("submitted", "pending", [])
    with store.read() as session:
        assert session.exec(select(Event.delivery_id)).all() == [None]


def test_sendgrid_names_a_letter_by_its_token() -> None:
    tokens = Tokens([SECRET])
    token = tokens.make(Purpose.TRANSACTIONAL, 7)
    post = f'[{{"event": "bounce", "timestamp": 1, "delivery": "{token}", "status": "5.1.1"}}]'
    (report,) = parse_webhook(post.encode(), tokens)
    assert (report.claims, report.transactional_id, report.bounce_type) == (
        None,
        7,
        BounceType.HARD,
    )
