"""Gives each source that is due to one worker; what a dead one held is given to the next."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from digest.sources.tables import Source


def due_sources(session: Session, now: datetime) -> Sequence[Source]:
    """Return the sources that are to be read now, the longest due first."""
    return session.exec(
        select(Source)
        .where(col(Source.active).is_(True), Source.next_at <= now)
        .order_by(col(Source.next_at), col(Source.id))
    ).all()


def claim_source(
    session: Session, source: Source, worker_id: int, is_alive: Callable[[int], bool]
) -> bool:
    """Give `source` to this worker; False if another one reads it, or has read it since."""
    holder = source.worker_id
    if holder is not None and is_alive(holder):
        return False
    held = col(Source.worker_id).is_(None) if holder is None else col(Source.worker_id) == holder
    taken = session.execute(
        update(Source)
        .where(col(Source.id) == source.id, held, col(Source.next_at) == source.next_at)
        .values(worker_id=worker_id)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def release_source(session: Session, source_id: int, worker_id: int) -> None:
    """Let go of a source that this worker holds."""
    session.execute(
        update(Source)
        .where(col(Source.id) == source_id, col(Source.worker_id) == worker_id)
        .values(worker_id=None)
    )
