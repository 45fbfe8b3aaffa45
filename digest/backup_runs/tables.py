"""The table of backups that were made on schedule."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Integer
from sqlmodel import Field

from store.base import Table, UtcDateTime
from subscribers.tables import one_of


class BackupState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REMOVED = "removed"
    """It was made, and its file was removed since newer ones are enough."""


class BackupRun(Table, table=True):
    """One backup made on schedule. Whoever adds the next number makes it."""

    __tablename__ = "backup_run"
    __table_args__ = (one_of("state", BackupState),)

    number: int | None = Field(
        default=None, sa_column=Column(Integer, primary_key=True, autoincrement=False)
    )
    instance: str = Field(max_length=32)
    """The store's key at that time: files of another instance are never removed."""
    state: str = Field(default=BackupState.RUNNING, max_length=16)
    worker_id: int | None = Field(default=None, sa_type=BigInteger)
    begun_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    file: str = Field(max_length=255)
    """Its name in the folder of backups."""
    size: int | None = Field(default=None, sa_type=BigInteger)
    note: str = Field(default="", max_length=500)
    """Why it failed, or what is wrong with it; empty if it went well."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `digest database backups --json` has it."""
        return {
            "number": self.number,
            "state": self.state,
            "begun_at": self.begun_at,
            "ended_at": self.ended_at,
            "file": self.file,
            "size": self.size,
            "note": self.note,
        }
