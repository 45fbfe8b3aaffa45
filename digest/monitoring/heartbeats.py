"""Writes down that a process is alive, once a minute, and reads which ones are."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from digest import __version__
from digest.monitoring.tables import Heartbeat, ProcessKind
from store.engine import Store, describe_error
from store.insertion import insert_into

BEAT_SECONDS = 60.0
LATELY = timedelta(minutes=5)
"""Who was not seen for as long is taken for dead."""
KEPT = timedelta(days=7)
log = logging.getLogger(__name__)


@contextmanager
def heartbeat(
    store: Store, clock: Callable[[], datetime], kinds: Sequence[ProcessKind]
) -> Iterator[None]:
    """Beat for this process while the block runs, from a thread of its own.

    A database that is away delays a beat and stops nothing.
    """
    stop = threading.Event()
    beats = [new_heartbeat(kind, clock()) for kind in kinds]

    def run() -> None:
        while not stop.is_set():
            _try(store, lambda: beat(store, beats, clock()))
            stop.wait(BEAT_SECONDS)
        _try(store, lambda: end(store, beats))

    thread = threading.Thread(target=run, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=LATELY.total_seconds())


def new_heartbeat(kind: ProcessKind, now: datetime) -> Heartbeat:
    """Return the row of this process, not stored yet."""
    return Heartbeat(
        key=secrets.token_hex(16),
        kind=kind,
        host=socket.gethostname()[:255],
        pid=os.getpid(),
        version=__version__,
        started_at=now,
        seen_at=now,
    )


def beat(store: Store, beats: Sequence[Heartbeat], now: datetime) -> None:
    """Store that these were seen now, and forget who was seen last a week ago."""
    with store.write() as session:
        for one in beats:
            row = one.model_dump() | {"seen_at": now}
            statement = insert_into(session, Heartbeat).values(**row)
            session.execute(
                statement.on_conflict_do_update(index_elements=["key"], set_={"seen_at": now})
            )
        session.execute(delete(Heartbeat).where(col(Heartbeat.seen_at) < now - KEPT))


def end(store: Store, beats: Sequence[Heartbeat]) -> None:
    """Remove the rows of a process that ends as it should."""
    keys = [one.key for one in beats]
    with store.write() as session:
        session.execute(delete(Heartbeat).where(col(Heartbeat.key).in_(keys)))


def heartbeats(session: Session) -> list[Heartbeat]:
    """Return every process that was seen within a week, by kind, the one seen last first."""
    order = (col(Heartbeat.kind), col(Heartbeat.seen_at).desc())
    return list(session.exec(select(Heartbeat).order_by(*order)))


def is_alive(beats: Sequence[Heartbeat], kind: ProcessKind, now: datetime) -> bool:
    """Return whether a process of that kind was seen lately."""
    return any(one.kind == kind and now - one.seen_at <= LATELY for one in beats)


def _try(store: Store, step: Callable[[], None]) -> None:
    try:
        step()
    except DBAPIError as error:
        if not store.outage.notice(error):
            log.warning("a heartbeat was not stored: %s", describe_error(error))
