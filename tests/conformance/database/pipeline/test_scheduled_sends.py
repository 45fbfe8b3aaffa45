"""Drafted on Friday, sent on Monday: what goes out, what is held, and what changes do between."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select, update

from digest.bootstrap import App, bootstrap
from digest.deliver.ledger.worker_lock import worker_lock
from digest.gate import Gate
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, IssueState, Pick
from digest.pipeline.hold import hold, release
from digest.pipeline.run_history import run_history
from digest.settings import Settings
from digest.worker import maintenance_of
from schedules import registry
from schedules.manual_run import run_now
from schedules.runner import tick
from schedules.tables import Approval, Run, Schedule, SendState, Unapproved
from store.engine import Store
from tests.parts.issues.editing import OpenGate, keep_week
from tests.parts.world import SECRET, Clock, Recorder, add_people

FRIDAY = datetime(2026, 11, 27, 11, tzinfo=UTC)
"""12:00 in Berlin, when it drafts."""
MONDAY = datetime(2026, 11, 30, 7, tzinfo=UTC)
"""08:00 in Berlin, when it sends."""
MINUTE = timedelta(minutes=1)
WEEK = timedelta(weeks=1)

Draft = Callable[..., int]


@pytest.fixture
def clock() -> Clock:
    return Clock(FRIDAY - timedelta(days=1))


@pytest.fixture
def provider() -> Recorder:
    return Recorder()


@pytest.fixture
def app(store: Store, clock: Clock, provider: Recorder, tmp_path: Path) -> App:
    """The application, with a gate that lets everything pass quickly."""
    settings = Settings(
        _env_file=None,
        secret_key=SECRET,
        outbox_dir=tmp_path / "outbox",
        postal_address="1 Road, Town",
        gate_tools=False,
    )
    made = bootstrap(settings, store=store, provider=provider, clock=clock)
    return replace(made, issues=replace(made.issues, gate=OpenGate()))


def with_gate(app: App) -> App:
    """The same with the real gate."""
    return replace(app, issues=replace(app.issues, gate=Gate()))


@pytest.fixture
def draft(app: App, clock: Clock) -> Draft:
    """Adds the schedule and three people, and drafts the issue of Friday; its number."""

    def made(policy: Unapproved = Unapproved.HOLD, **more: Any) -> int:
        add_people(app.store, 3)
        keep_week(app.store, clock)
        with app.store.write() as session:
            registry.add_schedule(
                session, "weekly", "0 12 * * fri", "Europe/Berlin", clock(),
                send_cron="0 8 * * mon", if_unapproved=policy, **more,
            )  # fmt: skip
        clock.now = FRIDAY + MINUTE
        tick(app.store, clock(), maintenance_of(app).draft_due)
        with app.store.read() as session:
            return session.exec(select(Issue.number)).one() or 0

    return made


def poll(app: App) -> None:
    """What a worker does each minute."""
    jobs = maintenance_of(app)
    jobs.approve_automatic()
    jobs.settle_scheduled()
    with worker_lock(app.store) as lock:
        jobs.send_due(lock)


def at(app: App, clock: Clock, moment: datetime) -> None:
    clock.now = moment
    poll(app)


def state(app: App, number: int) -> tuple[str, str | None, str]:
    """The issue's state, and how far its run is with the reason."""
    poll(app)
    with app.store.read() as session:
        issue = session.exec(select(Issue).where(Issue.number == number)).one()
        run = session.exec(select(Run).where(Run.id == issue.run_id)).one()
        return issue.state, run.send_state, run.send_note


def change(app: App, clock: Clock, **given: Any) -> None:
    with app.store.write() as session:
        registry.update_schedule(session, "weekly", clock(), **given)


def test_approved_in_time_it_goes_out_at_its_time_and_not_before(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    number = draft()
    assert state(app, number) == ("draft", "waiting", "")
    app.issues.approve(number, by="ana")
    assert state(app, number) == ("scheduled", "scheduled", "")
    at(app, clock, MONDAY - MINUTE)
    assert provider.taken == []
    at(app, clock, MONDAY + MINUTE)
    assert len(provider.taken) == 3
    assert state(app, number) == ("finished", "sent", "")
    at(app, clock, MONDAY + WEEK)
    assert len(provider.taken) == 3


@pytest.mark.parametrize(
    ("policy", "ends"),
    [
        (Unapproved.HOLD, ("draft", "held", "nobody had approved it by then")),
        (Unapproved.SKIP, ("skipped", "skipped", "nobody had approved it by then")),
        (Unapproved.SEND, ("finished", "sent", "")),
    ],
)
def test_unapproved_it_goes_out_only_where_the_schedule_says_so(
    app: App, clock: Clock, draft: Draft, policy: Unapproved, ends: tuple[str, str, str]
) -> None:
    number = draft(policy)
    at(app, clock, MONDAY - MINUTE)
    assert state(app, number) == ("draft", "waiting", "")
    at(app, clock, MONDAY + MINUTE)
    assert state(app, number) == ends
    with app.store.read() as session:
        free = [pick.series is None for pick in session.exec(select(Pick))]
    assert all(free) is (policy is Unapproved.SKIP), "they are for the next issue"


def test_a_held_issue_does_not_go_out_by_itself_once_it_is_approved(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    number = draft()
    at(app, clock, MONDAY + MINUTE)
    app.issues.approve(number, by="ana")
    at(app, clock, MONDAY + WEEK)
    assert state(app, number) == ("approved", "held", "nobody had approved it by then")
    assert provider.taken == []


def test_what_the_gate_refuses_is_held_with_its_reason(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    number = draft(Unapproved.SEND)
    app.issues.edit(number, subject="TK")
    at(with_gate(app), clock, MONDAY + MINUTE)
    held = state(app, number)
    assert held[:2] == ("draft", "held")
    assert "words-unfinished" in held[2]
    assert provider.taken == []


def test_too_late_it_is_held_approved_or_not(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    number = draft(Unapproved.SEND)
    app.issues.approve(number, by="ana")
    assert state(app, number)[:2] == ("scheduled", "scheduled")
    at(app, clock, MONDAY + timedelta(hours=20))
    assert state(app, number) == ("approved", "held", "1200 minutes late, the limit is 180")
    with app.store.read() as session:
        assert session.exec(select(Issue.send_at)).one() is None
    assert provider.taken == []


def test_a_worker_that_starts_a_scheduled_issue_looks_itself_whether_it_is_too_late(
    app: App, clock: Clock, draft: Draft
) -> None:
    """On PostgreSQL its task may come before the maintenance of that minute."""
    number = draft()
    app.issues.approve(number, by="ana")
    poll(app)
    clock.now = MONDAY + timedelta(hours=20)
    assert maintenance_of(app).ensure_started(number) is False
    assert state(app, number)[:2] == ("approved", "held")


@pytest.mark.parametrize(
    ("then", "now"), [(Unapproved.HOLD, Unapproved.SEND), (Unapproved.SEND, Unapproved.HOLD)]
)
def test_a_policy_that_was_changed_between_holds_it(
    app: App, clock: Clock, draft: Draft, then: Unapproved, now: Unapproved
) -> None:
    number = draft(then)
    change(app, clock, if_unapproved=now)
    at(app, clock, MONDAY + MINUTE)
    assert state(app, number) == ("draft", "held", "nobody had approved it by then")


def test_a_send_time_that_was_changed_between_is_for_the_next_draft(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    number = draft()
    app.issues.approve(number, by="ana")
    change(app, clock, send_cron="0 8 * * tue", zone="America/New_York", cron="0 12 * * thu")
    at(app, clock, MONDAY + MINUTE)
    assert state(app, number)[0] == "finished"
    assert len(provider.taken) == 3


@pytest.mark.parametrize("stop", [registry.pause_schedule, registry.remove_schedule])
@pytest.mark.parametrize("ends", [IssueState.APPROVED, IssueState.DRAFT])
def test_nothing_goes_out_by_a_schedule_that_is_paused_or_removed(
    app: App, clock: Clock, draft: Draft, stop: Callable[..., object], ends: IssueState
) -> None:
    number = draft(Unapproved.SEND)
    if ends == IssueState.APPROVED:
        app.issues.approve(number, by="ana")
        poll(app)
    with app.store.write() as session:
        stop(session, "weekly", clock())
    at(app, clock, MONDAY + MINUTE)
    is_paused = stop is registry.pause_schedule
    why = "the schedule is paused" if is_paused else "the schedule was removed"
    assert state(app, number) == (ends, "held", why)
    with app.store.read() as session:
        assert [one.issue for one in run_history(session, "weekly")] == [number]


def test_a_pause_that_ended_before_the_send_time_changes_nothing(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    number = draft()
    app.issues.approve(number, by="ana")
    with app.store.write() as session:
        registry.pause_schedule(session, "weekly", clock(), MONDAY - timedelta(hours=1))
    tick(app.store, MONDAY - MINUTE, maintenance_of(app).draft_due)
    at(app, clock, MONDAY + MINUTE)
    assert state(app, number)[0] == "finished"
    assert len(provider.taken) == 3


def test_an_edit_takes_the_approval_back_and_a_new_one_keeps_the_time(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    number = draft()
    app.issues.approve(number, by="ana")
    poll(app)
    app.issues.edit(number, subject="Aye or Bee: what four reviewers say")
    assert state(app, number)[:2] == ("draft", "waiting")
    app.issues.approve(number, by="ana")
    assert state(app, number)[:2] == ("scheduled", "scheduled")
    at(app, clock, MONDAY + MINUTE)
    assert len(provider.taken) == 3


@pytest.mark.parametrize("how", ["unschedule", "move", "cancel"])
def test_an_editor_who_takes_the_time_away_decides(
    app: App, clock: Clock, draft: Draft, how: str
) -> None:
    number = draft(Unapproved.SEND)
    app.issues.approve(number, by="ana")
    poll(app)
    if how == "unschedule":
        app.issues.unschedule(number)
    elif how == "move":
        app.issues.schedule(number, MONDAY + timedelta(hours=6))
    else:
        app.issues.cancel(number)
    at(app, clock, MONDAY + MINUTE)
    assert state(app, number)[1] == "taken"
    at(app, clock, MONDAY + timedelta(hours=7))
    ends = {"unschedule": "approved", "move": "finished", "cancel": "cancelled"}
    assert state(app, number)[0] == ends[how]


def test_two_workers_at_once_take_each_step_once(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    number = draft(Unapproved.SEND)
    clock.now = MONDAY + MINUTE
    gate = threading.Barrier(2)
    started: list[int] = []

    def race() -> None:
        gate.wait()
        started.extend(maintenance_of(app).settle_scheduled())

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert started.count(number) == 1
    assert state(app, number) == ("finished", "sent", "")
    assert len(provider.taken) == 3


def test_a_run_by_hand_after_the_send_time_leaves_the_sending_to_the_editor(
    app: App, clock: Clock
) -> None:
    keep_week(app.store, clock)
    with app.store.write() as session:
        registry.add_schedule(
            session, "weekly", "0 12 * * fri", "Europe/Berlin", clock(),
            send_cron="0 8 * * mon", if_unapproved=Unapproved.SEND,
        )  # fmt: skip
    clock.now = MONDAY + MINUTE
    done = run_now(app.store, "weekly", FRIDAY, clock(), maintenance_of(app).draft_due)
    assert (done.state, done.acted) == ("drafted", True)
    assert state(app, 1) == ("draft", None, "")


def test_an_issue_drafted_before_a_restore_is_not_sent_by_its_schedule(
    app: App, clock: Clock, draft: Draft, provider: Recorder
) -> None:
    """The store it was restored from may have sent it already (invariant 2, docs/invariants.md)."""
    number = draft(Unapproved.SEND)
    clock.now = FRIDAY + timedelta(hours=5)
    with app.store.write() as session:
        hold(session, "restored", clock())
    with app.store.write() as session:
        release(session, clock())
    at(app, clock, MONDAY + MINUTE)
    assert state(app, number)[:2] == ("draft", "held")
    assert provider.taken == []


def test_a_change_of_the_schedule_waits_for_the_run_in_hand(app: App, clock: Clock) -> None:
    """An editor pauses while the scheduler drafts: it drafts first, and is paused then."""
    keep_week(app.store, clock)
    with app.store.write() as session:
        registry.add_schedule(session, "weekly", "0 12 * * fri", "Europe/Berlin", clock())
    clock.now = FRIDAY + MINUTE
    acting, may_end = threading.Event(), threading.Event()
    order: list[str] = []

    def slow(session: Any, schedule: Schedule, due_at: datetime) -> Any:
        acting.set()
        may_end.wait(30)
        outcome = maintenance_of(app).draft_due(session, schedule, due_at)
        order.append("drafted")
        return outcome

    def pause() -> None:
        with app.store.write() as session:
            registry.pause_schedule(session, "weekly", clock())
            order.append("paused")

    first = threading.Thread(target=tick, args=(app.store, clock(), slow))
    second = threading.Thread(target=pause)
    first.start()
    assert acting.wait(30)
    second.start()
    may_end.set()
    first.join(60)
    second.join(60)
    assert order == ["drafted", "paused"]
    with app.store.read() as session:
        weekly = registry.find_schedule(session, "weekly")
        assert (weekly.active, len(run_history(session, "weekly"))) == (False, 1)


def test_two_editors_change_two_things_and_both_stay(app: App, clock: Clock) -> None:
    with app.store.write() as session:
        registry.add_schedule(session, "weekly", "0 12 * * fri", "Europe/Berlin", clock())
    gate = threading.Barrier(2)

    def change_it(**given: Any) -> None:
        gate.wait()
        change(app, clock, **given)

    threads = [
        threading.Thread(target=change_it, kwargs={"min_picks": 3}),
        threading.Thread(target=change_it, kwargs={"max_picks": 7}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with app.store.read() as session:
        weekly = registry.find_schedule(session, "weekly")
    assert (weekly.min_picks, weekly.max_picks) == (3, 7)


def test_too_few_comparisons_wait_and_count_for_the_next_issue(app: App, clock: Clock) -> None:
    """Five of a week, and six wanted: skipped; a week later they are still there."""
    keep_week(app.store, clock)
    with app.store.write() as session:
        registry.add_schedule(
            session, "weekly", "0 12 * * fri", "Europe/Berlin", clock(), min_picks=6
        )
    clock.now = FRIDAY + MINUTE
    tick(app.store, clock(), maintenance_of(app).draft_due)
    with app.store.read() as session:
        (skipped,) = run_history(session, "weekly")
    assert skipped.state == "skipped"
    assert "too few: 5 new comparisons, and an issue of weekly takes at least 6" in skipped.note
    change(app, clock, min_picks=5, max_picks=5)
    clock.now = FRIDAY + WEEK + MINUTE
    tick(app.store, clock(), maintenance_of(app).draft_due)
    with app.store.read() as session:
        assert run_history(session, "weekly")[0].words == "issue 1, draft"
        assert len(session.exec(select(Pick)).all()) == 5


def test_every_run_says_how_to_go_on(app: App, clock: Clock, draft: Draft) -> None:
    number = draft()
    with app.store.read() as session:
        (run,) = run_history(session, "weekly")
    assert run.words == f"issue {number}, draft, to be approved before Mon 30 Nov 2026 08:00"
    assert run.go_on == f"digest issue approve {number}"
    app.issues.approve(number, by="ana")
    poll(app)
    clock.now = FRIDAY + 3 * WEEK + timedelta(hours=30)
    tick(app.store, clock(), maintenance_of(app).draft_due)
    poll(app)
    with app.store.read() as session:
        held, *missed, sent = run_history(session, "weekly")
    assert [one.state for one in (held, *missed)] == ["held", "missed", "missed"]
    assert held.go_on == "digest schedule run weekly --as-of 2026-12-18T11:00Z"
    assert missed[0].go_on == "digest schedule run weekly --as-of 2026-12-11T11:00Z"
    assert (sent.send_state, sent.go_on) == (SendState.HELD, f"digest issue send {number}")


def test_an_automatic_schedule_that_the_gate_stops_says_so_and_goes_on_once_it_may(
    app: App, clock: Clock, provider: Recorder
) -> None:
    add_people(app.store, 3)
    keep_week(app.store, clock)
    with app.store.write() as session:
        registry.add_schedule(
            session, "weekly", "0 12 * * fri", "UTC", clock(), approval=Approval.AUTOMATIC
        )
    clock.now = FRIDAY + timedelta(hours=1, minutes=1)
    tick(app.store, clock(), maintenance_of(app).draft_due)
    with app.store.read() as session:
        number = session.exec(select(Issue.number)).one() or 0
    app.issues.edit(number, subject="TK")
    app = with_gate(app)
    assert state(app, number)[:2] == ("draft", "held")
    app.issues.edit(number, subject="Aye or Bee: what four reviewers say")
    assert state(app, number)[0] == "finished"
    assert len(provider.taken) == 3


def test_an_issue_error_of_another_worker_holds_nothing(
    app: App, clock: Clock, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was approved by somebody in between: the next round takes it from there."""
    number = draft(Unapproved.SEND)
    clock.now = MONDAY + MINUTE

    def refused(*_: Any, **__: Any) -> str:
        with app.store.write() as session:
            session.exec(
                update(Issue).where(col(Issue.number) == number).values(state=IssueState.CANCELLED)
            )
        raise IssueError("somebody was quicker")

    monkeypatch.setattr(type(app.issues), "approve", refused)
    maintenance_of(app).settle_scheduled()
    monkeypatch.undo()
    assert state(app, number) == ("cancelled", "taken", "")
