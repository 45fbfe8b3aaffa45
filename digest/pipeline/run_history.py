"""Tells every run of a schedule: what came of it, and how to go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from digest.issues.tables import Issue, IssueState
from schedules.registry import find_past_schedule
from schedules.runs import runs_of
from schedules.tables import Run, RunState, Schedule, SendState
from schedules.timetable import recurrence_of
from schedules.words import moment_words

_COMMANDS = {
    IssueState.DRAFT: "digest issue approve {number}",
    IssueState.APPROVED: "digest issue send {number}",
    IssueState.PAUSED: "digest issue resume {number}",
}
"""What takes an issue on, by its state; the others go on by themselves, or have ended."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as people and scripts are told of it."""

    due_at: datetime
    state: str
    note: str
    at: datetime
    issue: int | None
    issue_state: str | None
    send_at: datetime | None
    send_state: str | None
    words: str
    """What came of it, in a line."""
    go_on: str
    """The command that takes it on; empty where nothing is left to do."""


def run_history(session: Session, name: str, count: int | None = None) -> list[RunRecord]:
    """Return the runs of `name`, the newest due time first. Raises ScheduleError.

    Those of a schedule that was removed can be read as well.
    """
    schedule = find_past_schedule(session, name)
    runs = runs_of(session, schedule, count)
    issues = _issues_of(session, runs)
    return [_record(schedule, run, issues.get(run.id)) for run in runs]


def last_run(session: Session, name: str) -> RunRecord | None:
    """Return the newest run of `name` whose time has come; None if it never ran."""
    return next(iter(run_history(session, name, 1)), None)


def _issues_of(session: Session, runs: Sequence[Run]) -> dict[int | None, Issue]:
    found: dict[int | None, Issue] = {}
    numbers = [run.id for run in runs]
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        for issue in session.exec(select(Issue).where(col(Issue.run_id).in_(part))):
            found[issue.run_id] = issue
    return found


def _record(schedule: Schedule, run: Run, issue: Issue | None) -> RunRecord:
    return RunRecord(
        due_at=run.due_at,
        state=run.state,
        note=run.note,
        at=run.at,
        issue=issue.number if issue else None,
        issue_state=issue.state if issue else None,
        send_at=run.send_at,
        send_state=run.send_state,
        words=_words(schedule, run, issue),
        go_on=_go_on(schedule, run, issue),
    )


def _words(schedule: Schedule, run: Run, issue: Issue | None) -> str:
    if issue is None:
        return f"{run.state}: {run.note}" if run.note else run.state
    said = f"issue {issue.number}, {issue.state}"
    if run.send_state == SendState.HELD:
        return f"{said}, held: {run.send_note}"
    if run.send_state == SendState.SKIPPED:
        return f"{said}: {run.send_note}"
    if run.send_at and run.send_state in (SendState.WAITING, SendState.SCHEDULED):
        when = moment_words(run.send_at, recurrence_of(schedule).zone)
        waits = "to be approved before" if run.send_state == SendState.WAITING else "goes out"
        return f"{said}, {waits} {when}"
    return said


def _go_on(schedule: Schedule, run: Run, issue: Issue | None) -> str:
    if issue is not None:
        command = _COMMANDS.get(IssueState(issue.state), "")
        on_its_way = issue.state == IssueState.APPROVED and run.send_state == SendState.WAITING
        return "" if on_its_way else command.format(number=issue.number)
    is_removed = schedule.removed_at is not None
    if is_removed or run.state not in (RunState.HELD, RunState.MISSED):
        return ""
    return f"digest schedule run {schedule.name} --as-of {run.due_at:%Y-%m-%dT%H:%MZ}"
