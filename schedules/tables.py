"""Tables of schedules and their runs."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, String, UniqueConstraint, false
from sqlmodel import Field

from store.base import Table, UtcDateTime


class Approval(StrEnum):
    """What a run does with the issue it drafted."""

    WAIT = "wait"
    """An editor approves it (the default)."""
    AUTOMATIC = "automatic"
    """It goes out by itself if the gate finds nothing that blocks."""


class RunState(StrEnum):
    DRAFTED = "drafted"
    SKIPPED = "skipped"
    """An empty week: nothing new to send."""
    HELD = "held"
    """Later than the schedule allows: an editor decides."""
    MISSED = "missed"
    """An older due time passed over because a newer one was due as well."""


class Schedule(Table, table=True):
    """A rule in time: `cron` (minute hour day month weekday) read in `zone`."""

    __tablename__ = "schedule"
    __table_args__ = (
        CheckConstraint("approval IN ('wait', 'automatic')", name="approval"),
        CheckConstraint("late_limit_minutes > 0", name="late_limit_minutes"),
        CheckConstraint("frequency IN ('every', 'weekly', 'monthly')", name="frequency"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60, unique=True)
    cron: str = Field(max_length=100)
    zone: str = Field(max_length=60)
    approval: str = Field(default=Approval.WAIT, max_length=16)
    late_limit_minutes: int = Field(default=180)
    active: bool = Field(default=True)
    frequency: str = Field(
        default="weekly", sa_column=Column(String(16), nullable=False, server_default="weekly")
    )
    """How often it makes an issue, as readers choose it: every, weekly or monthly."""
    first_days: int | None = Field(default=None)
    """How many days its first issue reaches back; None: as long as from one issue to the next."""
    four_eyes: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether who edited an issue last may not approve it."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Run(Table, table=True):
    """One due time of one schedule; unique, so two schedulers can't both act on it."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("schedule_id", "due_at"),
        CheckConstraint("state IN ('drafted', 'skipped', 'held', 'missed')", name="state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    schedule_id: int = Field(foreign_key="schedule.id")
    due_at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(max_length=16)
    note: str = Field(default="", max_length=500)
    at: datetime = Field(sa_type=UtcDateTime)
