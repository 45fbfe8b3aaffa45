"""Drafted on Friday, sent on Monday: what goes out at its time, and what is held."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from digest.bootstrap import App
from digest.issues.tables import Issue, IssueState, Pick
from digest.pipeline.run_history import run_history
from digest.worker import maintenance_of
from schedules import registry
from schedules.runner import tick
from schedules.tables import Unapproved
from tests.conformance.database.pipeline.scheduled_sends.drafts import (
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
from tests.parts.world import Clock, Recorder


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
