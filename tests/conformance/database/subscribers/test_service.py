"""The list on both databases: the same answers, also when two ask at the same moment."""

import io
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from digest.deliver.tables import Batch, Delivery
from digest.issues.tables import Issue
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.service import add_subscriber, erase_subscriber, unsubscribe
from subscribers.suppression import suppress
from subscribers.tables import (
    Consent,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from subscribers.transfer.run import ImportReport, export_csv, import_csv

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 8, tzinfo=UTC)
HASHER = AddressHasher("a secret of the tests, long enough")
BODY_TIMEOUT = 30


def put(session: Session, email: str = "ana@example.org") -> Any:
    return add_subscriber(
        session,
        HASHER,
        email,
        status=SubscriberStatus.ACTIVE,
        source="test",
        wording="Yes.",
        now=NOW,
    )


def load(store: Store, content: str, now: datetime = NOW) -> ImportReport:
    return import_csv(
        store,
        HASHER,
        io.BytesIO(content.encode()),
        source="list.csv",
        status=SubscriberStatus.ACTIVE,
        now=now,
        wording="Yes.",
    )


def at_once(*calls: Callable[[], None]) -> None:
    """Runs the calls in threads that start together."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], None]) -> None:
        gate.wait(BODY_TIMEOUT)
        call()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BODY_TIMEOUT)


def test_an_import_adds_each_address_once_over_several_chunks(store: Store) -> None:
    rows = "".join(f"reader{number}@example.org,Reader {number}\n" for number in range(230))
    with store.write() as session:
        suppress(session, HASHER.hash("reader5@example.org"), None, SuppressionReason.ERASED, NOW)
        put(session, "reader6@example.org")
    report = load(store, f"email,name\n{rows}READER7@example.org,Again\n", LATER)
    assert report == ImportReport(added=228, already=1, repeated=1, suppressed=1)
    with store.read() as session:
        assert len(session.exec(select(Consent.id)).all()) == 229
        out = io.StringIO(newline="")
        assert export_csv(session, out) == 229
    assert (
        out.getvalue()
        .splitlines()[2]
        .startswith("reader0@example.org,Reader 0,active,list.csv,2026-11-24T08:00:00+00:00")
    )


def test_two_imports_of_one_file_at_once_add_everybody_once(store: Store) -> None:
    content = "email\n" + "".join(f"reader{number}@example.org\n" for number in range(300))
    reports: list[ImportReport] = []
    at_once(
        lambda: reports.append(load(store, content, NOW)),
        lambda: reports.append(load(store, content, LATER)),
    )
    assert sum(report.added for report in reports) == 300
    assert sum(report.already for report in reports) == 300
    with store.read() as session:
        assert len(session.exec(select(Consent.id)).all()) == 300


def test_an_address_added_twice_at_once_is_one_person_with_one_proof(store: Store) -> None:
    answers: list[Any] = []

    def once() -> None:
        with store.write() as session:
            answers.append(put(session))

    at_once(once, once, once)
    assert sorted(type(one).__name__ for one in answers) == [
        "Added",
        "AlreadySubscribed",
        "AlreadySubscribed",
    ]
    with store.read() as session:
        assert len(session.exec(select(Subscriber)).all()) == 1
        assert len(session.exec(select(Consent)).all()) == 1


def test_unsubscribing_several_times_at_once_is_one_withdrawal(store: Store) -> None:
    """Gateways and people press the same link at the same moment."""
    with store.write() as session:
        ana = put(session).subscriber_id
    answers: list[bool] = []

    def once() -> None:
        with store.write() as session:
            answers.append(unsubscribe(session, HASHER, ana, "link", LATER))

    at_once(once, once, once, once)
    assert sorted(answers) == [False, False, False, True]
    with store.read() as session:
        kinds = session.exec(select(Consent.kind).order_by(Consent.id)).all()
        assert kinds == ["imported", "withdrawn"]
        assert session.exec(select(Suppression.reason)).all() == ["unsubscribed"]


def test_a_suppression_written_twice_at_once_spoils_neither_transaction(store: Store) -> None:
    known = HASHER.hash("ana@example.org")
    ended: list[str] = []

    def once(reason: SuppressionReason) -> None:
        with store.write() as session:
            suppress(session, known, "ana@example.org", reason, NOW)
        ended.append(reason)

    at_once(
        lambda: once(SuppressionReason.BOUNCED),
        lambda: once(SuppressionReason.COMPLAINED),
        lambda: once(SuppressionReason.UNSUBSCRIBED),
    )
    assert len(ended) == 3
    with store.read() as session:
        assert session.exec(select(Suppression.reason)).all() == ["complained"]


@pytest.fixture
def delivered(store: Store) -> int:
    """Ana, with one delivery of one issue; her number."""
    with store.write() as session:
        ana: int = put(session).subscriber_id
        session.add(Issue(number=1, subject="One", as_of=NOW, created_at=NOW))
        session.flush()
        session.add(Batch(issue_number=1, position=1))
        session.flush()
        session.add(Delivery(issue_number=1, batch_position=1, subscriber_id=ana, changed_at=NOW))
    return ana


def test_erasing_takes_consents_along_and_leaves_deliveries_without_a_name(
    store: Store, delivered: int
) -> None:
    """The delivery still counts in its issue; who it went to is forgotten."""
    with store.write() as session:
        assert erase_subscriber(session, HASHER, "ana@example.org", LATER)
    with store.read() as session:
        assert session.get(Subscriber, delivered) is None
        assert session.exec(select(Consent)).all() == []
        assert [one.subscriber_id for one in session.exec(select(Delivery)).all()] == [None]
        assert [one.email for one in session.exec(select(Suppression)).all()] == [None]
