"""What the status says of a whole installation, and what of it needs a person."""

from datetime import datetime, timedelta

from sqlmodel import select, update

from digest.backup_runs import runs
from digest.backup_runs.tables import BackupState
from digest.deliver.tables import Delivery, DeliveryState
from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind
from digest.issues.tables import Issue, IssueState
from digest.monitoring.counts import read_counts
from digest.monitoring.heartbeats import (
    KEPT,
    LATELY,
    beat,
    end,
    heartbeats,
    is_alive,
    new_heartbeat,
)
from digest.monitoring.metrics import StatusCollector
from digest.monitoring.problems import CODES, Problem, problems_of
from digest.monitoring.status import Status, read_status
from digest.monitoring.tables import ProcessKind
from digest.pipeline.hold import hold
from digest.sources.tables import Source
from schedules.registry import add_schedule
from schedules.runs import claim
from schedules.tables import RunState
from store.engine import Store
from subscribers.tables import Subscriber
from tests.parts.world import NOW, Clock, Recorder, add_approved, add_people, issue_service

LATER = NOW + timedelta(hours=2)
WATCHING = (ProcessKind.WORKER, ProcessKind.SCHEDULER)


def status_at(store: Store, now: datetime = NOW) -> Status:
    with store.read() as session:
        return read_status(store, session, now)


def problems(store: Store, now: datetime = NOW) -> dict[str, Problem]:
    return {one.code: one for one in problems_of(status_at(store, now))}


def test_an_empty_store_needs_nobody(store: Store) -> None:
    found = status_at(store)
    assert problems_of(found) == []
    assert (found.schedules, found.sources, found.issues, found.queue) == ([], [], [], 0)
    assert found.database_version.startswith(("SQLite 3.", "PostgreSQL "))
    assert (found.disk is None) is not store.is_sqlite


def test_processes_are_seen_while_they_live(store: Store) -> None:
    worker, web = (new_heartbeat(kind, NOW) for kind in (ProcessKind.WORKER, ProcessKind.WEB))
    beat(store, [worker, web], NOW)
    beat(store, [worker], NOW + LATELY)
    seen = status_at(store).processes
    assert [(one.kind, one.seen_at) for one in seen] == [("web", NOW), ("worker", NOW + LATELY)]
    assert is_alive(seen, ProcessKind.WORKER, NOW + 2 * LATELY)
    assert not is_alive(seen, ProcessKind.WEB, NOW + 2 * LATELY)
    end(store, [worker])
    assert [one.kind for one in status_at(store).processes] == ["web"]
    beat(store, [worker], NOW + KEPT + LATELY)
    with store.read() as session:
        assert [one.kind for one in heartbeats(session)] == ["worker"]


def test_without_a_worker_a_schedule_needs_a_person(store: Store) -> None:
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * mon", "UTC", NOW)
    found = problems(store)
    assert list(found) == ["no-worker", "no-scheduler"]
    assert found["no-worker"].text == "no worker was seen within a week"
    beat(store, [new_heartbeat(kind, NOW) for kind in WATCHING], NOW)
    assert problems(store) == {}
    found = problems(store, NOW + LATELY * 2)
    assert found["no-worker"].text == "no worker was seen since 2026-11-23 08:00 UTC"


def test_two_versions_at_once(store: Store) -> None:
    other = new_heartbeat(ProcessKind.WEB, NOW)
    other.version = "0.0.9"
    beat(store, [other], NOW)
    assert problems(store)["versions"].text.startswith("processes of version 0.0.9 run beside ")
    assert problems(store, NOW + LATELY * 2) == {}


def test_a_held_run_and_how_to_go_on(store: Store) -> None:
    beat(store, [new_heartbeat(kind, NOW) for kind in WATCHING], NOW)
    with store.write() as session:
        schedule = add_schedule(session, "weekly", "0 8 * * mon", "UTC", NOW - timedelta(days=9))
        claim(session, schedule, NOW, RunState.HELD, note="4 hours late", now=NOW)
    found = problems(store)["run-held"]
    assert "4 hours late" in found.text
    assert found.action == "digest schedule run weekly --as-of 2026-11-23T08:00Z"


def test_issues_that_hang(store: Store) -> None:
    beat(store, [new_heartbeat(kind, LATER) for kind in WATCHING], LATER)
    add_people(store, 3)
    clock = Clock()
    service = issue_service(store, Recorder(), clock)
    overdue, paused = add_approved(store), add_approved(store)
    service.schedule(overdue, NOW + timedelta(minutes=5))
    service.start(paused)
    service.pause(paused)
    with store.write() as session:
        session.execute(update(Issue).where(Issue.number == paused).values(held_because="550 no"))
    found = problems(store, LATER)
    assert found["overdue"].text == f"issue {overdue} should have gone out at 2026-11-23 08:05 UTC"
    assert found["paused"].text == f"issue {paused} is paused: 550 no"
    assert found["paused"].action == f"digest issue status {paused}"
    (shown,) = [one for one in status_at(store).issues if one.number == paused]
    assert sum(shown.counts.values()) == 3


def test_what_may_not_have_arrived(store: Store) -> None:
    add_people(store, 3)
    number = add_approved(store)
    issue_service(store, Recorder(), Clock()).start(number)
    with store.write() as session:
        session.execute(update(Delivery).values(state=DeliveryState.UNCERTAIN))
        session.execute(update(Issue).values(state=IssueState.FINISHED))
    assert problems(store)["uncertain"].text == f"of issue {number} 3 may not have arrived"
    assert problems(store, NOW + timedelta(days=31)) == {}


def test_mail_that_waits(store: Store) -> None:
    add_people(store, 1)
    with store.write() as session:
        person = session.exec(select(Subscriber.id)).one()
        enqueue(session, TransactionalKind.WELCOME, person or 0, "welcome/1", NOW)
    beat(store, [new_heartbeat(kind, LATER) for kind in WATCHING], LATER)
    assert status_at(store).queue == 1
    assert "since 2026-11-23 08:00 UTC" in problems(store, LATER)["queue"].text


def test_a_source_that_can_not_be_read(store: Store) -> None:
    beat(store, [new_heartbeat(kind, LATER) for kind in WATCHING], LATER)
    with store.write() as session:
        session.add(
            Source(
                name="site", kind="feed", location="https://example.org/feed", every_minutes=30,
                first="seen", created_at=NOW, next_at=NOW, failures=3, error="it answers 503",
            )
        )  # fmt: skip
    found = problems(store, LATER)["source"]
    assert found.text.startswith("source site: it could not be read yet")
    assert found.action == "digest source log site"


def test_a_store_that_is_held(store: Store) -> None:
    with store.write() as session:
        hold(session, "it was restored", NOW)
    assert problems(store)["held"].text == "nothing is sent: it was restored"


def test_every_problem_is_a_metric(store: Store) -> None:
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * mon", "UTC", NOW)
        collector = StatusCollector(read_status(store, session, NOW), read_counts(session))
    samples = {
        (one.name, *one.labels.values()): one.value
        for family in collector.collect()
        for one in family.samples
    }
    assert {name[1] for name in samples if name[0] == "digest_problems"} == set(CODES)
    assert samples["digest_problems", "no-worker"] == 1
    assert samples["digest_problems", "paused"] == 0
    due = samples["digest_schedule_next_due_timestamp_seconds", "weekly"]
    assert due == (NOW + timedelta(days=7)).timestamp()


def test_backups_that_fail_need_a_person_until_one_goes_well(store: Store) -> None:
    assert status_at(store).backup is None
    _backup(store, 1, NOW, BackupState.DONE, size=13_000_000)
    made = status_at(store).backup
    assert made is not None
    assert (made.made_at, made.file, made.size) == (NOW, "1.backup", 13_000_000)
    assert problems(store) == {}
    for hours, number in ((1, 2), (2, 3)):
        _backup(store, number, NOW + timedelta(hours=hours), BackupState.FAILED, note="disk full")
    text = problems(store)["backup"].text
    assert text == "no backup has gone well since 2026-11-23 09:00 UTC: disk full"
    kept = status_at(store).backup
    assert kept is not None
    assert kept.made_at == NOW
    _backup(store, 4, LATER, BackupState.DONE, size=1)
    assert problems(store) == {}


def _backup(
    store: Store, number: int, at: datetime, state: BackupState, *, size: int = 0, note: str = ""
) -> None:
    with store.write() as session:
        last = runs.last_run(session)
        file = f"{number}.backup"
        assert runs.begin_run(session, last, at, instance="k", worker_id=1, file=file) == number
        runs.end_run(session, number, state, at, note=note, size=size)
