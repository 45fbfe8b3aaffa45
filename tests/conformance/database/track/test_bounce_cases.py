"""Each case of what comes back, through the mailbox or the webhook, with its right result."""

import json
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlmodel import col, select

from digest.deliver.tables import Batch, Delivery
from digest.events.tables import Event
from digest.track.bounces.listing import inbound_messages
from digest.track.bounces.poll import BounceMailboxReader
from digest.track.provider_events.ingest import ingest
from digest.track.provider_events.sendgrid import parse_webhook
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Subscriber, Suppression
from subscribers.tokens import Purpose, Tokens, token_to_hex
from tests.corpora.reading import fill
from tests.parts.links import token_in
from tests.parts.world import SECRET, Clock, add_approved, add_people

CASES = Path(__file__).parents[3] / "cases" / "bounces"
TOKENS = Tokens([SECRET])
HASHER = AddressHasher(SECRET)

EXPECTED = {
    "01-unsubscribe-by-apple-mail-ignored.eml": ("unsubscribed", None),
    "02a-readers-own-letter-quoting-a-bounce-suppresses-them.eml": ("active", None),
    "02c-readers-letter-with-foreign-dsn-attached-suppresses-them.eml": ("active", None),
    "02d-holiday-notice-null-sender-taken-for-bounce.eml": ("active", None),
    "03a-dead-member-of-a-team-address-suppresses-the-team.eml": ("active", "unknown"),
    "04a-blocklisted-sender-status-5.1.1-suppresses.eml": ("active", "bounced"),
    "04b-full-mailbox-status-5.1.1-suppresses.eml": ("active", "bounced"),
    "04d-spamhaus-words-5.1.3-suppresses.eml": ("active", "bounced"),
    "04e-552-over-quota-status-5.1.1-suppresses.eml": ("active", "bounced"),
    "04g-sendgrid-5.1.1-frequency-suppresses.json": ("active", "bounced"),
    "05a-outlook-5.5.0-unknown-user-never-counts.eml": ("bounced", "bounced"),
    "05c-sendgrid-5.5.0-invalid-address-ignored.json": ("bounced", "bounced"),
    "06a-global-delivery-status-not-read.eml": ("bounced", "bounced"),
    "07a-dsn-without-content-type-header-not-read.eml": ("bounced", "bounced"),
    "07c-dsn-fields-as-plain-text-not-read.eml": ("bounced", "bounced"),
    "08a-microsoft-complaint-old-form-not-read.eml": ("complained", "complained"),
    "08b-complaint-verp-only-in-original-mail-from-not-read.eml": ("complained", "complained"),
    "09a-unsubscribe-subject-encoded-word-ignored.eml": ("unsubscribed", None),
    "09b-unsubscribe-subject-lost.eml": ("active", None),
    "10a-verp-lowercased-not-read.eml": ("bounced", "bounced"),
    "11-async-bounce-email-only.json": ("bounced", "bounced"),
    "12a-one-odd-event-loses-the-post.json": ("complained", "complained"),
    "12b-timestamp-as-string.json": ("complained", "complained"),
}
"""The subscriber's status after it, and the kind of event that is stored of their delivery."""


class Reader(NamedTuple):
    number: int
    token: str
    wish: str


@pytest.fixture
def reader(store: Store) -> Reader:
    add_people(store, 1)
    issue = add_approved(store)
    with store.write() as session:
        person = session.exec(select(Subscriber)).one()
        number = person.id or 0
        person.email = person.email_key = f"reader{number}@example.com"
        session.add(person)
        session.add(Batch(issue_number=issue, position=0, state="done"))
        session.flush()
        session.add(
            Delivery(
                issue_number=issue,
                batch_position=0,
                subscriber_id=number,
                state="submitted",
                changed_at=Clock().now - timedelta(hours=1),
            )
        )
    return Reader(
        number,
        token_in(store, TOKENS, Purpose.DELIVERY, number, issue),
        token_in(store, TOKENS, Purpose.UNSUBSCRIBE, number, issue),
    )


class OneMessage:
    """A mailbox that holds one."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.done: list[str] = []

    def unread(self, skip: Collection[str], limit: int) -> Iterator[tuple[str, bytes]]:
        assert limit > 0
        if "1.case" not in skip:
            yield "1.case", self.raw

    def mark_done(self, names: object) -> None:
        self.done += names  # type: ignore[operator]


def hear(store: Store, name: str, reader: Reader) -> None:
    blanks = {
        "TOKEN": reader.token,
        "token": token_to_hex(reader.token),
        "UNSUB": reader.wish,
        "N": str(reader.number),
        "NOW": str(int(Clock().now.timestamp())),
    }
    raw = fill((CASES / name).read_bytes(), blanks)
    if name.endswith(".eml"):
        mailbox = OneMessage(raw)
        BounceMailboxReader(mailbox, store, TOKENS, HASHER, Clock(), "digest.example.org").read()
    else:
        with store.write() as session:
            ingest(session, HASHER, parse_webhook(raw, TOKENS, Clock().now), Clock().now)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_came_back_means_what_it_says(store: Store, reader: Reader, name: str) -> None:
    hear(store, name, reader)
    with store.read() as session:
        status = session.exec(select(Subscriber.status)).one()
        kind = session.exec(
            select(Event.kind).where(
                col(Event.delivery_id).is_not(None), Event.kind != "unsubscribed"
            )
        ).first()
    assert (status, kind) == EXPECTED[name]


STEERING = b"\x1b]0;title\x07 \x00 \xc2\x9b31m \xe2\x80\xae \xff"


@pytest.mark.parametrize(
    "place", [b"no such user", b"not our customer", b"5.1.1"], ids=["diagnostic", "words", "status"]
)
def test_a_report_with_what_no_database_takes_counts_and_steers_no_terminal(
    store: Store, reader: Reader, place: bytes
) -> None:
    """PostgreSQL takes no NUL: such a report was read, and refused, each minute anew."""
    report = (
        b"From: MAILER-DAEMON@mx.example\r\nReturn-Path: <>\r\nSubject: Undelivered mail\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;"
        b' boundary="x"\r\n\r\n--x\r\n\r\nIt was not our customer.\r\n--x\r\n'
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; reader%d@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--x\r\n"
        b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s@digest.example.org>\r\n\r\n"
        b"--x--\r\n"
    ) % (reader.number, reader.token.encode())
    mailbox = OneMessage(report.replace(place, place + STEERING))
    BounceMailboxReader(mailbox, store, TOKENS, HASHER, Clock(), "digest.example.org").read()
    with store.read() as session:
        assert session.exec(select(Subscriber.status)).one() == "bounced"
        (listed,) = inbound_messages(session, 10)
        notes = [listed.note, *session.exec(select(Suppression.note)).all()]
    assert mailbox.done == ["1.case"]
    assert all(note.isprintable() for note in notes)


def test_every_case_is_there() -> None:
    assert {one.name for one in CASES.iterdir()} == set(EXPECTED)


def test_a_request_without_its_token_is_shown_to_an_editor(store: Store, reader: Reader) -> None:
    hear(store, "09b-unsubscribe-subject-lost.eml", reader)
    with store.read() as session:
        (shown,) = inbound_messages(session, 10)
    assert shown.meaning == "asks in words to unsubscribe"


def test_no_list_of_messages_holds_an_address_but_the_subscribers(
    store: Store, reader: Reader
) -> None:
    hear(store, "03a-dead-member-of-a-team-address-suppresses-the-team.eml", reader)
    with store.read() as session:
        found = inbound_messages(session, 100)
    assert "@" not in json.dumps([(one.name, one.meaning, one.note) for one in found])


@pytest.mark.parametrize(
    ("kind", "machine", "status"),
    [("clicked", False, "active"), ("clicked", True, "bounced"), ("voted", None, "active")],
)
def test_a_report_that_a_letter_found_nobody_is_doubted_where_a_person_answered_it(
    store: Store,
    reader: Reader,
    kind: str,
    machine: bool | None,  # noqa: FBT001 - as parametrized
    status: str,
) -> None:
    """Whoever has seen a letter's Message-ID can make such a report up."""
    rule = "person" if machine is False else "burst" if machine else None
    with store.write() as session:
        delivery = session.exec(select(Delivery)).one()
        session.add(
            Event(
                key="answered", kind=kind, issue_number=delivery.issue_number,
                delivery_id=delivery.id, machine=machine, rule=rule, at=Clock().now,
            )
        )  # fmt: skip
    hear(store, "10a-verp-lowercased-not-read.eml", reader)
    with store.read() as session:
        assert session.exec(select(Subscriber.status)).one() == status
