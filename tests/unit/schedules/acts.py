"""What a due time may set off, for tests: each notes the call, in the database or beside it."""

from datetime import datetime

from sqlmodel import Session, select

from schedules.runner import RunOutcome
from schedules.tables import RunState, Schedule

Call = tuple[str, datetime]


class Drafts:
    """Drafts each time; `calls` is what was asked for, also where it was rolled back later."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, _session: Session, schedule: Schedule, due_at: datetime) -> RunOutcome:
        self.calls.append((schedule.name, due_at))
        return RunOutcome(RunState.DRAFTED, f"issue {len(self.calls)}")


class Breaks:
    """Writes a mark into the database and breaks, while `for_name` is set."""

    def __init__(self, for_name: str | None) -> None:
        self.for_name = for_name

    def __call__(self, session: Session, schedule: Schedule, _due_at: datetime) -> RunOutcome:
        row = session.exec(select(Schedule).where(Schedule.id == schedule.id)).one()
        row.late_limit_minutes += 1
        session.flush()
        if schedule.name == self.for_name:
            raise RuntimeError("no template")
        return RunOutcome(RunState.DRAFTED, "issue 1")


def skips(_session: Session, _schedule: Schedule, _due_at: datetime) -> RunOutcome:
    return RunOutcome(RunState.SKIPPED, "nothing new this week")
