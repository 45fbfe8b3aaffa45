"""Claims due times: each has one unique Run, and the scheduler that inserts it acts."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from schedules.tables import Run, RunState, Schedule
from store.insertion import insert_into

_LONGEST_NOTE = 500


def claim(
    session: Session,
    schedule: Schedule,
    due_at: datetime,
    state: RunState,
    *,
    note: str,
    now: datetime,
) -> Run | None:
    """Insert the Run of `due_at` and return it; None if another scheduler has it.

    On PostgreSQL the insert waits for a transaction that inserted the same Run and has not ended
    (https://www.postgresql.org/docs/current/index-unique-checks.html); on SQLite that
    transaction held the only write lock already. A Run that is taken does not abort this one.
    """
    statement = (
        insert_into(session, Run)
        .values(
            schedule_id=schedule.id, due_at=due_at, state=state, note=note[:_LONGEST_NOTE], at=now
        )
        .on_conflict_do_nothing(index_elements=["schedule_id", "due_at"])
        .returning(col(Run.id))
    )
    number = session.connection().execute(statement).scalar_one_or_none()
    return session.get_one(Run, number) if number is not None else None


def run_at(session: Session, schedule: Schedule, due_at: datetime) -> Run | None:
    """Return the Run of exactly `due_at`, locked until the transaction ends (on PostgreSQL)."""
    rule = select(Run).where(Run.schedule_id == schedule.id, Run.due_at == due_at)
    return session.exec(rule.with_for_update()).one_or_none()


def settle(run: Run, state: RunState, note: str, now: datetime) -> None:
    """Store what became of `run`, within the caller's transaction."""
    run.state, run.note, run.at = state, note[:_LONGEST_NOTE], now


def last_due(session: Session, schedule: Schedule, until: datetime) -> datetime | None:
    """Return the newest due time up to `until` that has a Run; None if none has.

    A manual Run ahead of its time does not count before its time has come, or it would
    swallow the due times in between.
    """
    newest = select(func.max(col(Run.due_at))).where(
        Run.schedule_id == schedule.id, Run.due_at <= until
    )
    return session.exec(newest).one()
