"""What was restored or copied sends nothing until it is released, and says why."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlmodel import col, select, text, update

from digest.deliver.instance import (
    BY_HAND,
    COPIED,
    PUT_BACK,
    SendingHeldError,
    find_instance,
    may_claim,
)
from digest.deliver.ledger.claim import claim_batches
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import Delivery, DeliveryState, Instance
from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind, TransactionalMessage
from digest.issues.tables import Issue, IssueState
from digest.maintenance import Maintenance
from digest.pipeline.hold import SendingGuard, hold, open_issues, release
from store.engine import Store, open_store
from subscribers.tables import Subscriber
from tests.parts.world import NOW, Clock, Recorder, add_approved, add_people, issue_service, sending

PEOPLE = 40


@pytest.fixture
def provider() -> Recorder:
    return Recorder()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def states(store: Store) -> list[str]:
    with store.read() as session:
        return sorted(session.exec(select(Delivery.state)).all())


def state_of(store: Store, number: int) -> str:
    with store.read() as session:
        return session.exec(select(Issue.state).where(Issue.number == number)).one()


def started(store: Store, provider: Recorder, clock: Clock) -> int:
    """An issue that is being sent: one batch is submitting, the others wait."""
    add_people(store, PEOPLE)
    number = add_approved(store)
    issue_service(store, provider, clock).start(number)
    with store.write() as session:
        claim_batches(session, number, 77, NOW)
    return number


def held(store: Store, reason: str = BY_HAND) -> None:
    with store.write() as session:
        hold(session, reason, NOW)


def test_whatever_was_open_is_paused_and_who_was_in_flight_is_uncertain(
    store: Store, provider: Recorder, clock: Clock
) -> None:
    number = started(store, provider, clock)
    waiting = add_approved(store)
    issue_service(store, provider, clock).schedule(waiting, NOW + timedelta(hours=1))
    held(store)
    assert state_of(store, number) == IssueState.PAUSED
    assert state_of(store, waiting) == IssueState.APPROVED
    assert states(store) == [DeliveryState.QUEUED] * 30 + [DeliveryState.UNCERTAIN] * 10
    with store.read() as session:
        assert open_issues(session) == [(number, "paused"), (waiting, "approved")]


def test_a_held_store_refuses_to_start_resume_and_send_and_names_the_way_out(
    store: Store, provider: Recorder, clock: Clock
) -> None:
    number = started(store, provider, clock)
    other = add_approved(store)
    held(store)
    service = issue_service(store, provider, clock)
    with pytest.raises(SendingHeldError, match="digest database release"):
        service.start(other)
    with pytest.raises(SendingHeldError):
        service.resume(number)
    with worker_lock(store) as lock, pytest.raises(SendingHeldError):
        sending(store, provider, clock).run(number, lock)
    assert provider.taken == []


def test_even_a_sender_at_work_claims_nothing_more(
    store: Store, provider: Recorder, clock: Clock
) -> None:
    number = started(store, provider, clock)
    with store.write() as session:
        instance = find_instance(session)
        assert instance is not None
        instance.held = BY_HAND
    with store.write() as session:
        assert claim_batches(session, number, 77, NOW) == []


def test_released_it_sends_what_an_editor_resumes_and_nothing_else(
    store: Store, provider: Recorder, clock: Clock
) -> None:
    number = started(store, provider, clock)
    held(store)
    with store.write() as session:
        assert release(session, NOW)
        assert not release(session, NOW)
    service = issue_service(store, provider, clock)
    guard = SendingGuard(store, clock)
    maintenance = Maintenance(store, service, sending(store, provider, clock), clock, guard=guard)
    with worker_lock(store) as lock:
        assert maintenance.send_due(lock) == {}, "paused issues stay paused"
        service.resume(number)
        maintenance.send_due(lock)
    assert len(provider.taken) == len(set(provider.taken)) == PEOPLE - 10
    assert states(store).count(DeliveryState.UNCERTAIN) == 10, "an editor decides about them"


def test_transactional_mail_that_was_open_is_given_up(
    store: Store, provider: Recorder, clock: Clock
) -> None:
    add_people(store, 2)
    with store.write() as session:
        first, second = session.exec(select(Subscriber.id)).all()
        for person in (first, second):
            assert person is not None
            enqueue(session, TransactionalKind.WELCOME, person, "once", NOW)
        session.execute(
            update(TransactionalMessage)
            .where(col(TransactionalMessage.subscriber_id) == first)
            .values(state="submitting", claimed_by=7)
        )
    held(store)
    with store.read() as session:
        rows = session.exec(select(TransactionalMessage)).all()
    assert {(one.state, one.code) for one in rows} == {("failed", "held")}


def test_a_worker_of_a_held_store_is_told_once(
    store: Store, provider: Recorder, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    started(store, provider, clock)
    held(store)
    guard = SendingGuard(store, clock)
    assert [guard.may_send() for _ in range(5)] == [False] * 5
    assert len(caplog.records) == 1


@pytest.fixture
def copy(store: Store, provider: Recorder, clock: Clock, tmp_path: Path) -> Iterator[Store]:
    """A copy of the whole store as it is in mid-send, made behind the program's back."""
    started(store, provider, clock)
    url = make_url(store.engine.url)
    if store.is_sqlite:
        store.close()
        folder = tmp_path / "copy"
        folder.mkdir()
        for path in tmp_path.glob("digest.db*"):
            if path.is_file():
                shutil.copy2(path, folder)
        opened = open_store(f"sqlite:///{folder / 'digest.db'}")
        yield opened
        opened.close()
        return
    name = f"{url.database}_copy"
    server = open_store(url.set(database="postgres").render_as_string(hide_password=False))
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        store.close()
        connection.execute(
            text(f"CREATE DATABASE {name} TEMPLATE {url.database} STRATEGY FILE_COPY")
        )
        opened = open_store(url.set(database=name).render_as_string(hide_password=False))
        yield opened
        opened.close()
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.close()


def test_a_copy_refuses_to_send_and_the_original_goes_on(
    store: Store, copy: Store, provider: Recorder, clock: Clock
) -> None:
    with pytest.raises(SendingHeldError, match=COPIED):
        SendingGuard(copy, clock).ensure_may_send()
    assert states(copy).count(DeliveryState.UNCERTAIN) == 10
    assert state_of(copy, 1) == IssueState.PAUSED
    with worker_lock(store) as lock:
        sending(store, provider, clock).run(1, lock)
    assert len(provider.taken) == PEOPLE - 10


def test_a_copy_that_was_released_is_a_store_of_its_own(
    store: Store, copy: Store, clock: Clock
) -> None:
    with pytest.raises(SendingHeldError):
        SendingGuard(copy, clock).ensure_may_send()
    with copy.write() as session:
        release(session, NOW)
    SendingGuard(copy, clock).ensure_may_send()
    SendingGuard(store, clock).ensure_may_send()
    with store.read() as mine, copy.read() as its:
        first, second = find_instance(mine), find_instance(its)
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_an_older_file_put_back_by_hand_is_noticed_even_under_the_same_name(
    sqlite_store: Store, provider: Recorder, clock: Clock, tmp_path: Path
) -> None:
    number = started(sqlite_store, provider, clock)
    assert sqlite_store.path is not None
    sqlite_store.close()
    before = sqlite_store.path.read_bytes()
    with worker_lock(sqlite_store) as lock:
        sending(sqlite_store, provider, clock).run(number, lock)
    sqlite_store.close()
    sqlite_store.path.write_bytes(before)  # as `cp` does: the inode stays
    with sqlite_store.write() as session:
        assert not may_claim(session)
    with pytest.raises(SendingHeldError, match=PUT_BACK):
        SendingGuard(sqlite_store, clock).ensure_may_send()
    assert len(provider.taken) == len(set(provider.taken))


def test_a_store_from_before_is_known_from_the_first_question_on(
    store: Store, clock: Clock
) -> None:
    with store.read() as session:
        assert session.exec(select(Instance)).all() == []
    guards = [SendingGuard(store, clock) for _ in range(3)]
    assert all(guard.may_send() for guard in guards)
    with store.read() as session:
        assert len(session.exec(select(Instance)).all()) == 1
