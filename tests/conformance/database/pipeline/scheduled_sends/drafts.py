"""What happens to an issue on its way to its send time, step by step."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import select

from digest.bootstrap import App
from digest.deliver.ledger.worker_lock import worker_lock
from digest.gate import Gate
from digest.issues.tables import Issue
from digest.worker import maintenance_of
from schedules import registry
from schedules.tables import Run
from tests.parts.world import Clock

FRIDAY = datetime(2026, 11, 27, 11, tzinfo=UTC)
"""12:00 in Berlin, when it drafts."""
MONDAY = datetime(2026, 11, 30, 7, tzinfo=UTC)
"""08:00 in Berlin, when it sends."""
MINUTE = timedelta(minutes=1)
WEEK = timedelta(weeks=1)

Draft = Callable[..., int]


def with_gate(app: App) -> App:
    """The same with the real gate."""
    return replace(app, issues=replace(app.issues, gate=Gate()))


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
