"""Who is told that an issue has batches to send, in the transaction that makes them.

Where tasks are queued (`digest.queue`) that leaves permits for workers, which commit or roll
back with the batches. A worker that looks by itself, as on SQLite, needs no telling.
"""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

NotifyWorkers = Callable[[Session, int, datetime | None], None]
"""Given the session, the issue's number, and the moment before which nothing is due, if any."""


def notify_nobody(session: Session, number: int, at: datetime | None) -> None:
    """For where a worker looks by itself."""
