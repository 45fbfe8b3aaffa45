"""What is to be done about a run's issue: for every state, policy and moment."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.issues.tables import Issue, IssueState
from digest.pipeline.scheduled_sends import OPEN, Step, if_unapproved, next_step
from schedules.tables import Run, Schedule, SendState, Unapproved

DUE = datetime(2026, 11, 27, 11, tzinfo=UTC)
SEND = datetime(2026, 11, 30, 7, tzinfo=UTC)
LIMIT = timedelta(minutes=180)
MOMENTS = st.sampled_from(
    [DUE, SEND - timedelta(minutes=1), SEND, SEND + LIMIT, SEND + LIMIT + timedelta(minutes=1)]
)
LEAVES = (Step.SCHEDULE, Step.SEND, Step.SEND_UNAPPROVED)
"""Steps that let mail out, now or later."""

runs = st.builds(
    Run,
    schedule_id=st.just(1),
    due_at=st.just(DUE),
    state=st.just("drafted"),
    at=st.just(DUE),
    send_at=st.one_of(st.just(SEND), st.just(SEND), st.none()),
    send_state=st.sampled_from([*SendState, None]),
    if_unapproved=st.sampled_from(Unapproved),
)
schedules = st.builds(
    Schedule,
    name=st.just("weekly"),
    cron=st.just("0 12 * * fri"),
    zone=st.just("UTC"),
    created_at=st.just(DUE),
    active=st.booleans(),
    removed_at=st.sampled_from([None, None, DUE]),
    if_unapproved=st.sampled_from(Unapproved),
)
issues = st.builds(
    Issue,
    number=st.just(1),
    state=st.sampled_from(IssueState),
    subject=st.just(""),
    as_of=st.just(DUE),
    created_at=st.just(DUE),
    approved_at=st.sampled_from([None, DUE, SEND, SEND + timedelta(minutes=5)]),
    send_at=st.sampled_from([None, SEND, SEND + timedelta(hours=5)]),
)


@settings(deadline=None)
@given(runs, schedules, issues, MOMENTS)
def test_what_lets_mail_out_has_every_reason_to(
    run: Run, schedule: Schedule, issue: Issue, now: datetime
) -> None:
    step, why = next_step(run, schedule, issue, now)
    assert bool(why) is (step in (Step.HOLD, Step.SKIP))
    if step not in LEAVES:
        return
    assert schedule.active
    assert run.send_at is not None
    assert run.send_state in OPEN
    assert now <= run.send_at + LIMIT
    if step is Step.SCHEDULE:
        assert (issue.state, now < run.send_at) == (IssueState.APPROVED, True)
        return
    assert now >= run.send_at
    if step is Step.SEND_UNAPPROVED:
        assert issue.state == IssueState.DRAFT
    approved_in_time = issue.approved_at is None or issue.approved_at <= run.send_at
    if step is Step.SEND_UNAPPROVED or not approved_in_time:
        assert run.if_unapproved == schedule.if_unapproved == Unapproved.SEND


@settings(deadline=None)
@given(runs, schedules, issues)
def test_after_its_time_nothing_stays_on_its_way(
    run: Run, schedule: Schedule, issue: Issue
) -> None:
    """Every open run ends at its time; only a scheduled issue waits, for the worker that sends."""
    step, _ = next_step(run, schedule, issue, SEND)
    if run.send_state in OPEN and run.send_at is not None and issue.state != IssueState.SCHEDULED:
        assert step not in (Step.NOTHING, Step.SCHEDULE, Step.WAIT)


@settings(deadline=None)
@given(runs, schedules, issues, MOMENTS)
def test_what_was_drafted_before_a_restore_needs_an_approval_since(
    run: Run, schedule: Schedule, issue: Issue, now: datetime
) -> None:
    released = DUE + timedelta(hours=5)
    step, _ = next_step(run, schedule, issue, now, released)
    if step in LEAVES:
        assert issue.approved_at is not None
        assert issue.approved_at > released


@settings(deadline=None)
@given(runs, schedules)
def test_it_goes_unapproved_only_if_the_schedule_said_so_then_and_says_so_now(
    run: Run, schedule: Schedule
) -> None:
    found = if_unapproved(run, schedule)
    assert found in (Unapproved.HOLD, run.if_unapproved)
    assert found in (Unapproved.HOLD, schedule.if_unapproved)
