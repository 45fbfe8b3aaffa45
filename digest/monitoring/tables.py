"""The table of heartbeats: which processes work on the database, and when each was seen last."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field

from store.base import Table, UtcDateTime
from subscribers.tables import one_of


class ProcessKind(StrEnum):
    """What a process does; `digest serve` is all three."""

    WEB = "web"
    WORKER = "worker"
    SCHEDULER = "scheduler"


class Heartbeat(Table, table=True):
    """One process, or one part of `digest serve`; the row goes when it ends as it should."""

    __tablename__ = "heartbeat"
    __table_args__ = (one_of("kind", ProcessKind),)

    key: str = Field(primary_key=True, max_length=32)
    """Random, of this one process and kind."""
    kind: str = Field(max_length=16)
    host: str = Field(max_length=255)
    pid: int
    version: str = Field(max_length=50)
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
