"""Addresses of machines and names of programs go after the set time; proofs and classes stay."""

import json
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from sqlmodel import Session, col, select, update

from digest.bootstrap import bootstrap
from digest.deliver.ledger.worker_lock import worker_lock
from digest.events.tables import Event, EventKind, RetentionMark
from digest.events.writer import record_event
from digest.readers import retention
from digest.readers.retention import delete_origins
from digest.settings import read_settings
from digest.track.hits.classification import classify_all, reclassify_later
from digest.track.hits.writer import HitWriter
from digest.worker import maintenance_of
from store.engine import Store
from subscribers.consent import ConsentKind, record_consent
from subscribers.service import Added, add_subscriber
from subscribers.tables import Consent, SubscriberStatus
from tests.conformance.database.track.test_classification import (
    HASHER,
    book,
    hit,
    keep,
    people,
    rules,
)
from tests.parts.traces import CHROME

__all__ = ["book", "people"]
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def days_pass(store: Store, days: int, until: datetime) -> int:
    """Lets the maintenance run each day, from NOW on; returns from how many rows it deleted."""
    count, at = 0, NOW
    while at <= until:
        for _ in range(3):
            count += delete_origins(store, days, at)
        at += DAY
    return count


def person(store: Store) -> int:
    with store.write() as session:
        added = add_subscriber(
            session,
            HASHER,
            "ana@example.org",
            status=SubscriberStatus.ACTIVE,
            source="",
            wording="A test.",
            now=NOW,
        )
        assert isinstance(added, Added)
        return added.subscriber_id


def agree(store: Store, who: int, at: datetime, times: int = 1) -> None:
    with store.write() as session:
        for _ in range(times):
            record_consent(
                session, who, ConsentKind.CONFIRMED, "Yes, send it.", at,
                source="https://site.example/", ip="192.0.2.1", user_agent="Browser/1", form="p-1",
            )  # fmt: skip


def consents(store: Store) -> list[Consent]:
    with store.read() as session:
        return list(session.exec(select(Consent).order_by(col(Consent.id))))


def addresses(store: Store) -> list[str]:
    return [one.ip for one in consents(store) if one.wording == "Yes, send it."]


def details(store: Store) -> list[dict[str, object]]:
    with store.read() as session:
        return [one.detail for one in session.exec(select(Event).order_by(col(Event.id)))]


def marks(store: Store) -> list[datetime]:
    with store.read() as session:
        return sorted(session.exec(select(RetentionMark.at)))


def test_a_consent_stays_as_proof_without_address_and_program(store: Store) -> None:
    agree(store, person(store), NOW)
    assert days_pass(store, 365, NOW + 365 * DAY) == 0
    assert addresses(store) == ["192.0.2.1"]
    assert delete_origins(store, 365, NOW + 366 * DAY) == 1
    found = consents(store)[-1]
    assert (found.ip, found.user_agent) == ("", "")
    assert (found.kind, found.wording, found.source, found.form, found.at) == (
        "confirmed", "Yes, send it.", "https://site.example/", "p-1", NOW,
    )  # fmt: skip


def test_hits_lose_their_program_and_keep_their_class(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    keep(store, book, hit(people[0], 900), hit(people[0], 950, 10, CHROME), hit(people[1], 960, 1))
    classify_all(store)
    before = rules(store)
    assert days_pass(store, 30, NOW + 31 * DAY) == 3
    assert [set(one) for one in details(store)] == [{"method"}] * 3
    assert rules(store) == before


def test_a_late_hit_decides_nothing_anew_about_hits_without_their_program(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    keep(store, book, hit(people[0], 900), hit(people[0], 950, 3, CHROME))
    classify_all(store)
    assert days_pass(store, 30, NOW + 31 * DAY) == 2
    keep(store, book, hit(people[0], 30 * 86_400, 4, CHROME))
    with store.write() as session:
        delivery = session.exec(select(Event.delivery_id)).first()
        assert delivery is not None
        reclassify_later(session, [delivery])
    classify_all(store)
    assert [rule for rule, _ in rules(store)] == ["person"] * 3


def test_a_hit_without_a_class_waits_for_it(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    keep(store, book, hit(people[0], 900), hit(people[0], 950, 3, CHROME))
    assert days_pass(store, 1, NOW + 5 * DAY) == 0
    classify_all(store)
    assert delete_origins(store, 1, NOW + 5 * DAY) == 2
    assert [rule for rule, _ in rules(store)] == ["person", "person"]


def test_what_a_webhook_said_loses_the_program_alone_whatever_else_it_holds(store: Store) -> None:
    detail = {"event": "click", "useragent": "Browser/1", "reason": "odd \x00 'text' \\u0000"}
    with store.write() as session:
        for place, kind in enumerate((EventKind.CLICKED, EventKind.UNKNOWN)):
            event = Event(key=f"k{place}", kind=kind, detail=json.loads(json.dumps(detail)), at=NOW)
            record_event(session, event)
    classify_all(store)
    assert days_pass(store, 1, NOW + 2 * DAY) == 2
    assert details(store) == [{"event": "click", "reason": detail["reason"]}] * 2


def test_nothing_goes_where_the_setting_is_0_and_all_that_is_old_once_it_is_set(
    store: Store,
) -> None:
    who = person(store)
    agree(store, who, NOW)
    assert days_pass(store, 0, NOW + 400 * DAY) == 0
    assert addresses(store) == ["192.0.2.1"]
    assert delete_origins(store, 365, NOW + 400 * DAY) == 1


def test_age_counts_from_the_day_of_storing_not_from_an_imported_date(store: Store) -> None:
    who = person(store)
    delete_origins(store, 30, NOW)
    agree(store, who, NOW - 2_000 * DAY)
    assert days_pass(store, 30, NOW + 31 * DAY) == 0, "it came after the first day's mark"
    assert addresses(store) == ["192.0.2.1"]
    assert delete_origins(store, 30, NOW + 32 * DAY) == 1


def test_younger_rows_stay(store: Store) -> None:
    who = person(store)
    for day in range(5):
        agree(store, who, NOW + day * DAY)
        delete_origins(store, 3, NOW + day * DAY)
    assert addresses(store) == ["", *["192.0.2.1"] * 4]


@pytest.mark.parametrize("off", [-400, 400])
def test_a_clock_that_was_wrong_for_a_while_makes_nothing_old_too_early_or_too_late(
    store: Store, off: int
) -> None:
    who = person(store)
    agree(store, who, NOW)
    assert days_pass(store, 30, NOW + 5 * DAY) == 0
    agree(store, who, NOW + 5 * DAY)
    for hours in range(3):
        assert delete_origins(store, 30, NOW + off * DAY + timedelta(hours=hours)) == 0
    assert days_pass(store, 30, NOW + 30 * DAY) == 0
    assert delete_origins(store, 30, NOW + 31 * DAY) == 1
    assert addresses(store) == ["", "192.0.2.1"]
    for day in range(32, 38):
        delete_origins(store, 30, NOW + day * DAY)
    assert addresses(store) == ["", ""]


def test_many_rows_go_in_chunks_a_transaction_each_and_the_next_round_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 3)
    monkeypatch.setattr(retention, "MAX_CHUNKS", 2)
    agree(store, person(store), NOW, times=14)
    delete_origins(store, 1, NOW)
    delete_origins(store, 1, NOW + DAY)
    later = NOW + 2 * DAY
    rounds = [delete_origins(store, 1, later) for _ in range(4)]
    assert sum(rounds) == 14
    assert max(rounds) <= 6
    assert addresses(store) == [""] * 14


def test_no_transaction_takes_more_than_a_chunk(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 3)
    who = person(store)
    agree(store, who, NOW, times=9)
    delete_origins(store, 1, NOW)
    real = retention._clear_consents
    spans: list[tuple[int, int]] = []

    def counting(session: Session, first: int, last: int) -> int:
        spans.append((first, last))
        return real(session, first, last)

    monkeypatch.setattr(retention, "_clear_consents", counting)
    days_pass(store, 1, NOW + 2 * DAY)
    assert all(last - first <= 3 for first, last in spans)
    assert spans == sorted(spans)


def test_marks_are_one_a_day_and_go_when_they_are_used_up(store: Store) -> None:
    who = person(store)
    for hours in range(0, 72, 6):
        agree(store, who, NOW + timedelta(hours=hours))
        delete_origins(store, 30, NOW + timedelta(hours=hours))
    assert len(marks(store)) == 6, "one a day and table"
    for day in range(40, 44):
        delete_origins(store, 30, NOW + day * DAY)
    assert [at for at in marks(store) if at <= NOW + 10 * DAY] == []


def test_ids_that_are_given_again_do_not_escape(store: Store) -> None:
    who = person(store)
    agree(store, who, NOW, times=3)
    days_pass(store, 1, NOW + 2 * DAY)
    with store.write() as session:
        for one in session.exec(select(Consent)).all():
            session.delete(one)
    delete_origins(store, 1, NOW + 3 * DAY)
    agree(store, who, NOW + 3 * DAY)
    for day in range(4, 8):
        delete_origins(store, 1, NOW + day * DAY)
    assert addresses(store) == [""]


def test_another_worker_that_is_at_it_is_left_alone(postgresql_store: Store) -> None:
    store = postgresql_store
    agree(store, person(store), NOW)
    days_pass(store, 0, NOW + 2 * DAY)
    with store.write() as session:
        session.execute(
            update(retention.RetentionProgress).values(last_id=retention.RetentionProgress.last_id)
        )
        assert delete_origins(store, 1, NOW + 2 * DAY) == 0
        assert addresses(store) == ["192.0.2.1"]
    assert delete_origins(store, 1, NOW + 2 * DAY) == 1


def test_what_was_stored_before_marks_is_marked_by_the_younger_of_its_neighbours() -> None:
    migration = import_module("digest.migrations.versions.0017_retention")
    monday = date(2026, 11, 23)
    days = [  # the newest first: lowest and highest id; an import on Wednesday brought 2024 along
        (monday + 2 * DAY, 7, 8),
        (monday + 1 * DAY, 4, 6),
        (monday, 1, 3),
        (date(2024, 5, 1), 9, 12),
    ]
    assert list(migration._marks(days)) == [
        (monday + 3 * DAY, 12),
        (monday + 2 * DAY, 6),
        (monday + 1 * DAY, 3),
    ]
    assert list(migration._marks([])) == []


def test_the_workers_maintenance_does_it_by_the_setting(store: Store, tmp_path: Path) -> None:
    now = NOW
    settings = read_settings(
        database_url=store.engine.url.render_as_string(hide_password=False),
        secret_key="s" * 40,
        outbox_dir=tmp_path,
        retention_days=2,
    )
    app = bootstrap(settings, store=store, clock=lambda: now)
    maintenance = maintenance_of(app)
    agree(store, person(store), NOW)
    with worker_lock(store) as lock:
        for day in range(4):
            now = NOW + day * DAY
            assert addresses(store) == ["192.0.2.1"]
            maintenance.run(lock)
    assert addresses(store) == [""]
