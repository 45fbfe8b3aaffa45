"""Defines the event table: append-only facts about deliveries."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, Integer
from sqlmodel import Field

from store.base import Json, Table, UtcDateTime, partial_index
from subscribers.tables import one_of


class EventKind(StrEnum):
    PROCESSED = "processed"
    """The provider has it and will try."""
    DROPPED = "dropped"
    """The provider took it and then did not try."""
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    DEFERRED = "deferred"
    COMPLAINED = "complained"
    OPENED = "opened"
    CLICKED = "clicked"
    VOTED = "voted"
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    """The reader resubscribed at the provider, which gives us no consent to mail them."""
    UNKNOWN = "unknown"


UNCLASSIFIED = "rule IS NULL AND (kind = 'opened' OR kind = 'clicked')"
"""The condition for hits that have to be classified, for the first time or again; indexed."""


class Event(Table, table=True):
    """`key` is the provider's event id, or ours: the same fact twice is stored once."""

    __tablename__ = "event"
    __table_args__ = (
        one_of("kind", EventKind),
        Index("ix_event_delivery_id", "delivery_id"),
        Index("ix_event_issue_number_kind", "issue_number", "kind"),
        partial_index("ix_event_unjudged", "id", where=UNCLASSIFIED),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=200, unique=True)
    kind: str = Field(max_length=16)
    issue_number: int | None = Field(default=None)
    delivery_id: int | None = Field(default=None)
    """Of a delivery that is there: the statement that stores events reads it (decision 43)."""
    link_number: int | None = Field(default=None)
    machine: bool | None = Field(default=None)
    """Whether a machine made this hit; None until it is classified, and for other events."""
    rule: str | None = Field(default=None, max_length=12)
    """The rule that decided it (`track.hits.bot_detection`); None if it has to be classified."""
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class FigureChange(Table, table=True):
    """Says that an issue's figures have changed otherwise than by its deliveries' states.

    A hit was classified, or is to be again; somebody's address changed, or they were erased
    (by triggers of the database). Rows are only added, and folded into a later one.
    """

    __tablename__ = "figure_change"
    __table_args__ = (Index("ix_figure_change_issue_number", "issue_number"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_number: int


class KeptFigures(Table, table=True):
    """What was counted of one issue for its report, good as long as `stamp` is the present one.

    See `digest.reports.kept`.
    """

    __tablename__ = "kept_figures"

    issue_number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    stamp: str = Field(max_length=120)
    """Which changes were known when it was seen last (`reports.kept.stamps`)."""
    seen_at: datetime = Field(sa_type=UtcDateTime)
    """Since when the stamp is known to be so."""
    figures: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))
    """None until the issue was quiet for long enough."""


class RetentionMark(Table, table=True):
    """How far a table reached at a moment: whatever stands up to there is older than that."""

    __tablename__ = "retention_mark"
    __table_args__ = (Index("ix_retention_mark_kept_at", "kept", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    kept: str = Field(max_length=16)
    """`consent` or `event`."""
    last_id: int
    at: datetime = Field(sa_type=UtcDateTime)


class RetentionProgress(Table, table=True):
    """How far the addresses of machines and the names of programs in a table were deleted."""

    __tablename__ = "retention_progress"

    kept: str = Field(max_length=16, primary_key=True)
    last_id: int
