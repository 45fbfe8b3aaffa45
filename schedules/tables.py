"""Tables of schedules and their runs."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, String, UniqueConstraint, false
from sqlmodel import Field

from store.base import Json, Table, UtcDateTime


class Approval(StrEnum):
    """What a run does with the issue it drafted."""

    WAIT = "wait"
    """An editor approves it (the default)."""
    AUTOMATIC = "automatic"
    """It goes out by itself if the gate finds nothing that blocks."""


class Unapproved(StrEnum):
    """What becomes of an issue that nobody approved by its send time."""

    HOLD = "hold"
    """It stays a draft, and an editor decides (the default)."""
    SEND = "send"
    """It goes out by itself if the gate finds nothing that blocks."""
    SKIP = "skip"
    """There is no issue this time; its comparisons are free for the next."""


class SendState(StrEnum):
    """How far a run's issue is on its way to its send time."""

    WAITING = "waiting"
    """For its approval, and for its time."""
    SCHEDULED = "scheduled"
    """It is approved and goes out at its time."""
    SENT = "sent"
    """It has begun to go out."""
    HELD = "held"
    """Its time came, and it did not go out: an editor decides."""
    SKIPPED = "skipped"
    """Its time came and nobody had approved it, so there is no issue."""
    TAKEN = "taken"
    """An editor decided otherwise: cancelled it, or took its time away."""


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
        CheckConstraint("if_unapproved IN ('hold', 'send', 'skip')", name="if_unapproved"),
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
    send_cron: str | None = Field(default=None, max_length=100)
    """When what was drafted goes out: the first time of this rule after the draft's due time.
    None: as soon as it is approved, by an editor's hand."""
    if_unapproved: str = Field(
        default=Unapproved.HOLD, max_length=16, sa_column_kwargs={"server_default": "hold"}
    )
    min_picks: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """With fewer new comparisons a run is skipped, and they wait for the next."""
    max_picks: int | None = Field(default=None)
    """None: as many as an issue takes by default."""
    skipped_dates: list[str] = Field(
        default_factory=list, sa_column=Column(Json, nullable=False, server_default="[]")
    )
    """Dates as `schedules.skipped_dates` reads them."""
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a schedule that is not active becomes so again; None: when somebody says so."""
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Removed ones are kept for their runs and issues; the name can be added again."""
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
    intended: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Somebody's change passed it over (a pause, another rule), so nobody has to be told."""
    send_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its issue goes out, as the schedule said when it was drafted."""
    if_unapproved: str | None = Field(default=None, max_length=16)
    send_state: str | None = Field(default=None, max_length=16)
    send_note: str = Field(default="", max_length=500, sa_column_kwargs={"server_default": ""})
    send_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
