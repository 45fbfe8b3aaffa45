"""Reads what came of the backups that workers make on schedule."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from digest.backup_runs.runs import first_failure, last_done


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """The newest backup that was made on schedule, and since when none went well.

    `size` is in bytes; `note` says why the newest failed, or what is wrong with it.
    """

    made_at: datetime | None
    file: str
    size: int | None
    failing_since: datetime | None
    note: str


def read_backup_status(session: Session) -> BackupStatus | None:
    """Return what came of the backups on schedule; None where none was made yet."""
    done, failure = last_done(session), first_failure(session)
    if done is None and failure is None:
        return None
    first, last = failure or (None, None)
    return BackupStatus(
        made_at=done.ended_at if done else None,
        file=done.file if done else "",
        size=done.size if done else None,
        failing_since=first.begun_at if first else None,
        note=last.note if last else "",
    )
