"""An issue with a send time beside editors, other workers, a restore and other runs."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from digest.bootstrap import App
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, IssueState, Pick
from digest.pipeline.hold import hold, release
from digest.pipeline.run_history import run_history
from digest.worker import maintenance_of
from schedules import registry
from schedules.manual_run import run_now
from schedules.runner import tick
from schedules.tables import Approval, Schedule, SendState, Unapproved
from tests.conformance.database.pipeline.scheduled_sends.drafts import (
    FRIDAY,
    MINUTE,
    MONDAY,
    WEEK,
    Draft,
    at,
    change,
    poll,
    state,
    with_gate,
)
from tests.parts.issues.editing import keep_week
from tests.parts.world import Clock, Recorder, add_people


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
