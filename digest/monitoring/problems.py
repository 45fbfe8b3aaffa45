"""Finds in a status what needs a person, and says what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.issues.tables import IssueState
from digest.monitoring.heartbeats import LATELY, is_alive
from digest.monitoring.status import Status
from digest.monitoring.tables import ProcessKind
from schedules.tables import RunState

MIN_FREE_BYTES = 200 * 1024 * 1024
QUEUE_WAITS = timedelta(minutes=15)
"""Readers wait for their confirmation."""
OVERDUE = timedelta(minutes=15)
CODES = (
    "held",
    "disk",
    "no-worker",
    "no-scheduler",
    "versions",
    "paused",
    "overdue",
    "uncertain",
    "run-held",
    "source",
    "queue",
    "backup",
)
"""Every code that a problem can have."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` names its kind for scripts; `text` is one line; `action` is what to do."""

    code: str
    text: str
    action: str


def problems_of(status: Status) -> list[Problem]:
    """Return what needs a person, the gravest first; empty if all is well."""
    return [
        *_store(status),
        *_processes(status),
        *_issues(status),
        *_schedules(status),
        *_sources(status),
        *_mail(status),
        *_backup(status),
    ]


def _store(status: Status) -> Iterator[Problem]:
    if status.held:
        yield Problem("held", f"nothing is sent: {status.held}", "digest database release")
    if status.disk and status.disk.free < MIN_FREE_BYTES:
        free = status.disk.free // (1024 * 1024)
        yield Problem(
            "disk", f"the database's disk has {free} MB left", "free some, or move the database"
        )


def _processes(status: Status) -> Iterator[Problem]:
    for kind, wanted in (
        (ProcessKind.WORKER, "digest worker (or digest serve)"),
        (ProcessKind.SCHEDULER, "digest scheduler (or digest serve)"),
    ):
        if _is_wanted(status, kind) and not is_alive(status.processes, kind, status.at):
            seen = max((one.seen_at for one in status.processes if one.kind == kind), default=None)
            since = f"since {_time(seen)}" if seen else "within a week"
            yield Problem(f"no-{kind}", f"no {kind} was seen {since}", f"start {wanted}")
    alive = {one.version for one in status.processes if status.at - one.seen_at <= LATELY}
    if others := sorted(alive - {status.version}):
        yield Problem(
            "versions",
            f"processes of version {', '.join(others)} run beside {status.version}",
            "restart all with the same version",
        )


def _is_wanted(status: Status, kind: ProcessKind) -> bool:
    """Return whether there is work for such a process; a laptop's demo needs none."""
    if any(one.active for one in status.schedules):
        return True
    if kind is ProcessKind.SCHEDULER:
        return False
    going = (IssueState.SCHEDULED, IssueState.SENDING)
    return (
        any(one.state in going for one in status.issues)
        or any(one.active for one in status.sources)
        or status.queue > 0
    )


def _issues(status: Status) -> Iterator[Problem]:
    for one in status.issues:
        if one.state == IssueState.PAUSED:
            why = f": {one.held_because}" if one.held_because else ""
            yield Problem(
                "paused", f"issue {one.number} is paused{why}", f"digest issue status {one.number}"
            )
        elif (
            one.state == IssueState.SCHEDULED and one.send_at and status.at - one.send_at > OVERDUE
        ):
            yield Problem(
                "overdue",
                f"issue {one.number} should have gone out at {_time(one.send_at)}",
                f"digest issue status {one.number}",
            )
    for number, many in status.uncertain.items():
        yield Problem(
            "uncertain",
            f"of issue {number} {many} may not have arrived",
            f"digest issue status {number}",
        )


def _schedules(status: Status) -> Iterator[Problem]:
    for one in status.schedules:
        run = one.last
        if run is None or not run.go_on:
            continue
        if RunState.HELD in (run.state, run.send_state):
            yield Problem(
                "run-held",
                f"the run of {one.name} for {_time(run.due_at)}: {run.words}",
                run.go_on,
            )


def _sources(status: Status) -> Iterator[Problem]:
    for one in status.sources:
        if one.silence:
            yield Problem(
                "source", f"source {one.name}: {one.silence}", f"digest source log {one.name}"
            )


def _mail(status: Status) -> Iterator[Problem]:
    if status.queue and status.oldest and status.at - status.oldest > QUEUE_WAITS:
        yield Problem(
            "queue",
            f"{status.queue} messages to single readers wait, since {_time(status.oldest)}",
            "look at the worker's log, and run digest doctor",
        )


def _backup(status: Status) -> Iterator[Problem]:
    found = status.backup
    if found and found.failing_since:
        yield Problem(
            "backup",
            f"no backup has gone well since {_time(found.failing_since)}: {found.note}",
            "digest database backups",
        )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
