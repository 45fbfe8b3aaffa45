"""Finds runs without an issue, and issues that did not go out at their send time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from digest.editors.event import EditorEvent, in_zone, named
from digest.editors.kinds import NoticeKind
from digest.issues.tables import Issue
from schedules.tables import Run, RunState, Schedule, SendState


def run_events(session: Session, since: datetime) -> Iterator[EditorEvent]:
    """Yield runs that were skipped, held or missed: one event for all that one tick found.

    What somebody's own change passed over, a pause or a new rule, is no news.
    """
    rows = session.exec(
        select(Run, Schedule)
        .join(Schedule, col(Schedule.id) == col(Run.schedule_id))
        .where(
            Run.at >= since,
            col(Run.intended).is_(False),
            col(Run.state).in_((RunState.SKIPPED, RunState.HELD, RunState.MISSED)),
        )
        .order_by(col(Run.due_at))
    ).all()
    ticks: dict[tuple[str, datetime], list[tuple[Run, Schedule]]] = defaultdict(list)
    for run, schedule in rows:
        ticks[schedule.name, run.at].append((run, schedule))
    for found in ticks.values():
        *older, (newest, schedule) = found
        yield _run_event(newest, schedule, [run for run, _ in older])


def _run_event(run: Run, schedule: Schedule, older: Sequence[Run]) -> EditorEvent:
    due = in_zone(run.due_at, schedule)
    missed = [in_zone(one.due_at, schedule) for one in older]
    paragraphs = [
        f"No issue of {schedule.name} was drafted for {due}: {run.note or run.state}.",
        f"Missed as well, before it: {named(missed)}." if missed else "",
        f"Every run, and how to go on: digest schedule runs {schedule.name}",
    ]
    return EditorEvent(
        # Of the tick: the missed of it are no news once the run that was held is drafted by hand.
        f"run/{schedule.name}/{run.at.isoformat()}",
        NoticeKind.RUN,
        run.at,
        f"{schedule.name}: the run of {due} was {run.state}",
        tuple(filter(None, paragraphs)),
    )


def send_events(session: Session, since: datetime) -> Iterator[EditorEvent]:
    """Yield issues that did not go out at their time, or could not go out by themselves."""
    rows = session.exec(
        select(Run, Schedule, Issue)
        .join(Schedule, col(Schedule.id) == col(Run.schedule_id))
        .join(Issue, col(Issue.run_id) == col(Run.id))
        .where(
            Run.send_changed_at >= since,  # type: ignore[operator]
            col(Run.send_state).in_((SendState.HELD, SendState.SKIPPED)),
        )
        .order_by(col(Run.id))
    ).all()
    for run, schedule, issue in rows:
        yield _send_event(run, schedule, issue, since)


def _send_event(run: Run, schedule: Schedule, issue: Issue, since: datetime) -> EditorEvent:
    number = issue.number or 0
    when = in_zone(run.send_at, schedule) if run.send_at else "by itself"
    skipped = run.send_state == SendState.SKIPPED
    return EditorEvent(
        f"send/{number}/{run.send_state}",
        NoticeKind.RUN,
        run.send_changed_at or since,
        f"Issue {number} did not go out" + (", and there is no issue" if skipped else ""),
        (
            f"Issue {number} of {schedule.name} was to go out {when}: {run.send_note}.",
            "Its comparisons are free for the next issue."
            if skipped
            else f"It is an editor's now: digest issue show {number}",
            f"Every run, and how to go on: digest schedule runs {schedule.name}",
        ),
        number,
    )
