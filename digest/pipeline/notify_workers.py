"""Notifies workers that an issue has batches to send, in the transaction that makes them.

On PostgreSQL `digest.queue` defers send tasks, which commit or roll back with the batches. On
SQLite the one worker polls, so nobody needs to be notified.
"""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

NotifyWorkers = Callable[[Session, int, datetime | None], None]
"""Takes the session, the issue's number, and when the batches are due (None: now)."""


def notify_nobody(session: Session, number: int, at: datetime | None) -> None:
    """Do nothing: the worker polls."""
