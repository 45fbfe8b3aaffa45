"""Claims due times: each has one unique Run, and the scheduler that inserts it acts."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from schedules.tables import Run, RunState, Schedule, SendState
from schedules.timetable import recurrence_of
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
    intended: bool = False,
) -> Run | None:
    """Insert the Run of `due_at` and return it; None if another scheduler has it.

    On PostgreSQL the insert waits for a transaction that inserted the same Run and has not ended
    (https://www.postgresql.org/docs/current/index-unique-checks.html); on SQLite that
    transaction held the only write lock already. A Run that is taken does not abort this one.
    """
    statement = (
        insert_into(session, Run)
        .values(
            schedule_id=schedule.id,
            due_at=due_at,
            state=state,
            note=note[:_LONGEST_NOTE],
            at=now,
            intended=intended,
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


def runs_of(session: Session, schedule: Schedule, count: int | None = None) -> list[Run]:
    """Return the runs of `schedule`, newest due time first; at most `count`."""
    rule = select(Run).where(Run.schedule_id == schedule.id).order_by(col(Run.due_at).desc())
    return list(session.exec(rule.limit(count) if count else rule).all())


def plan_send(schedule: Schedule, run: Run) -> None:
    """Store in `run` when its issue goes out, and what becomes of it if nobody approves it."""
    run.send_at = recurrence_of(schedule).send_time(run.due_at)
    run.if_unapproved = schedule.if_unapproved if run.send_at else None
    run.send_state = SendState.WAITING if run.send_at else None


def settle_send(run: Run, state: SendState, note: str, now: datetime) -> None:
    """Store how far `run`'s issue is on its way out, within the caller's transaction."""
    run.send_state, run.send_note, run.send_changed_at = state, note[:_LONGEST_NOTE], now


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
