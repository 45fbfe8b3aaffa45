"""Begins and ends the backups made on schedule; each is one worker's."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from digest.backup_runs.tables import BackupRun, BackupState
from store.insertion import insert_new

RETRY_MINUTES = 60
"""The longest until a backup that failed is tried again."""
DIED = "the process that made it ended before it was done"
NOTE_LENGTH = 500


def all_runs(session: Session) -> Sequence[BackupRun]:
    """Return every backup that was begun, the newest first."""
    return session.exec(select(BackupRun).order_by(col(BackupRun.number).desc())).all()


def last_run(session: Session) -> BackupRun | None:
    """Return the backup that was begun last."""
    return session.exec(select(BackupRun).order_by(col(BackupRun.number).desc()).limit(1)).first()


def last_done(session: Session) -> BackupRun | None:
    """Return the newest backup that was made, even if something was found wrong with it."""
    return session.exec(
        select(BackupRun)
        .where(BackupRun.state == BackupState.DONE)
        .order_by(col(BackupRun.number).desc())
        .limit(1)
    ).first()


def is_due(last: BackupRun | None, every: int, now: datetime) -> bool:
    """Return whether the next backup is due, `every` minutes after the last; sooner if it failed.

    What lies ahead of now was written by a clock that was wrong, and does not count.
    """
    if last is None or last.begun_at > now:
        return True
    wait = min(every, RETRY_MINUTES) if last.state == BackupState.FAILED else every
    return now - last.begun_at >= timedelta(minutes=wait)


def begin_run(
    session: Session,
    last: BackupRun | None,
    now: datetime,
    *,
    instance: str,
    worker_id: int,
    file: str,
) -> int | None:
    """Add the row of the next backup; None if another worker was first."""
    number = (last.number or 0) + 1 if last else 1
    row = BackupRun(
        number=number, instance=instance, worker_id=worker_id, begun_at=now, file=file
    ).model_dump()
    statement = insert_new(session, BackupRun).values(**row).returning(col(BackupRun.number))
    return session.connection().execute(statement).scalar_one_or_none()


def end_run(
    session: Session,
    number: int,
    state: BackupState,
    now: datetime,
    *,
    note: str = "",
    size: int = 0,
) -> None:
    """Write what came of a backup."""
    run = session.get(BackupRun, number)
    if run is not None:
        run.state, run.ended_at, run.worker_id = state, now, None
        run.note, run.size = note[:NOTE_LENGTH], size or None
        session.add(run)


def close_abandoned(
    session: Session, is_alive: Callable[[int], bool], now: datetime
) -> list[BackupRun]:
    """Count the backups of dead workers as failed, and return them."""
    running = session.exec(select(BackupRun).where(BackupRun.state == BackupState.RUNNING)).all()
    dead = [one for one in running if one.worker_id is None or not is_alive(one.worker_id)]
    for one in dead:
        end_run(session, one.number or 0, BackupState.FAILED, now, note=DIED)
    return dead


def superfluous(session: Session, instance: str, keep: int) -> Sequence[BackupRun]:
    """Return the backups of this store beyond the newest `keep`, whose files may still be there."""
    return session.exec(
        select(BackupRun)
        .where(BackupRun.instance == instance, BackupRun.state == BackupState.DONE)
        .order_by(col(BackupRun.number).desc())
        .offset(keep)
    ).all()


def first_failure(session: Session) -> tuple[BackupRun, BackupRun] | None:
    """Return the first and the last of those in a row that did not go well, up to the newest."""
    failed: list[BackupRun] = []
    for run in session.exec(
        select(BackupRun)
        .where(BackupRun.state != BackupState.RUNNING)
        .order_by(col(BackupRun.number).desc())
        .limit(MAX_STREAK)
    ):
        if not run.note:
            break
        failed.append(run)
    return (failed[-1], failed[0]) if failed else None


MAX_STREAK = 1_000
"""Failures in a row that are told apart; an hour each, they are six weeks."""
