"""Defines the tables of issues: Issue, Pick, Variant, Override, Link."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlmodel import Field

import digest.catalog.tables  # noqa: F401 - its tables are what foreign keys here point at
import schedules.tables  # noqa: F401 - its tables are what foreign keys here point at
from store.base import Json, Table, UtcDateTime
from subscribers.public_ids import new_short_id
from subscribers.tables import one_of

MANUAL_SERIES = "by-hand"
"""The series of issues that no schedule drafted."""


class IssueState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class PickRole(StrEnum):
    LEAD = "lead"
    BRIEF = "brief"


class Issue(Table, table=True):
    """One edition. `content_hash` is set by approval and covers every frozen byte."""

    __tablename__ = "issue"
    __table_args__ = (
        one_of("state", IssueState),
        # Nothing that may be mailed is without its frozen hash.
        CheckConstraint(
            "content_hash IS NOT NULL OR state IN ('draft', 'cancelled', 'skipped')",
            name="frozen",
        ),
        CheckConstraint("state != 'scheduled' OR send_at IS NOT NULL", name="send_at"),
        Index("ix_issue_public_id", "public_id", unique=True),
        Index("ix_issue_legacy_number", "legacy_number", unique=True),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    public_id: int = Field(
        default_factory=new_short_id,
        sa_column=Column(Integer, nullable=False, server_default="0"),
    )
    """What links call it; drawn anew at each approval, which freezes what its links lead to."""
    legacy_number: int | None = Field(default=None)
    """What links sent before there were public ids call it: its number."""
    series: str = Field(default=MANUAL_SERIES, max_length=60, index=True)
    """The schedule's name; a comparison appears once in a series."""
    run_id: int | None = Field(default=None, foreign_key="run.id", unique=True)
    state: str = Field(default=IssueState.DRAFT, max_length=16)
    subject: str = Field(max_length=250)
    preheader: str = Field(default="", max_length=250)
    intro: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """The lead-in: a sentence or two under the greeting."""
    written: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(Json, nullable=False, server_default="{}")
    )
    """What editors made of it, by field (`digest.issues.revisions.fields`): a text with the facts
    as they were then (`{"text": ..., "scores": {...}}`), the proposal that was taken
    (`{"pattern": name}`), a chosen quote. Its revisions tell the same."""
    revision: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The number of the last revision that changed it."""
    approved_revision: int | None = Field(default=None)
    """The revision that was approved last, even where a change has withdrawn the approval."""
    patterns: list[str] = Field(
        default_factory=list, sa_column=Column(Json, nullable=False, server_default="[]")
    )
    """The patterns that the proposed words follow: later issues take others."""
    as_of: datetime = Field(sa_type=UtcDateTime)
    """The moment the picks were made for: what was published after it waits for the next."""
    left_out: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(Json, nullable=False)
    )
    """Comparisons looked at and not picked: `{slug, reason, waits}`."""
    content_hash: str | None = Field(default=None, max_length=64)
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    approved_by: str = Field(default="", max_length=100)
    send_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When sending began; in `zone` it is the day that the mail bears."""
    zone: str = Field(
        default="UTC", sa_column=Column(String(60), nullable=False, server_default="UTC")
    )
    """The IANA zone of the issue's days: its schedule's, kept when sending begins."""
    audience: int | None = Field(default=None)
    """How many deliveries the freeze made; None before the freeze."""
    held_because: str | None = Field(default=None, max_length=1_000)
    """Why its sending was held last, in a line for people: for good where it is paused, else until
    its batches are due."""
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepts_refusals: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Somebody decided that refusals are to be counted, whatever they look like."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Pick(Table, table=True):
    """A comparison chosen for an issue, with the reasons in words.

    `series` is emptied when the issue is cancelled, which frees the comparison for another.
    """

    __tablename__ = "pick"
    __table_args__ = (
        UniqueConstraint("issue_number", "comparison_id"),
        UniqueConstraint("issue_number", "position"),
        UniqueConstraint("series", "comparison_id"),
        one_of("role", PickRole),
    )

    id: int | None = Field(default=None, primary_key=True)
    issue_number: int = Field(foreign_key="issue.number")
    comparison_id: int = Field(foreign_key="comparison.id", index=True)
    position: int
    role: str = Field(max_length=8)
    series: str | None = Field(default=None, max_length=60)
    reasons: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    printed: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))
    """What the page said when the issue was approved, which later issues and a diff go by."""


class Variant(Table, table=True):
    """The frozen rendering of an issue, slots still open."""

    __tablename__ = "variant"
    __table_args__ = (UniqueConstraint("issue_number", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_number: int = Field(foreign_key="issue.number")
    key: str = Field(default="all", max_length=40)
    subject: str = Field(max_length=250)
    preheader: str = Field(max_length=250)
    imprint: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """Sender, reply-to, list name and public address, as approved."""
    html: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    sha256: str = Field(max_length=64)


class Override(Table, table=True):
    """A finding of the gate that an editor overrode, and why; never changed or deleted.

    It is valid for the bytes of `content_hash` only: after an edit it no longer counts.
    """

    __tablename__ = "gate_override"
    __table_args__ = (UniqueConstraint("issue_number", "content_hash", "code", "decided_at"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_number: int = Field(foreign_key="issue.number")
    content_hash: str = Field(max_length=64)
    code: str = Field(max_length=40)
    reason: str = Field(max_length=500)
    decided_by: str = Field(max_length=100)
    decided_at: datetime = Field(sa_type=UtcDateTime)


class Link(Table, table=True):
    """A link of an issue, known by its number; redirects take their target from here alone."""

    __tablename__ = "link"

    issue_number: int = Field(
        sa_column=Column(Integer, ForeignKey("issue.number"), primary_key=True)
    )
    number: int = Field(primary_key=True)
    kind: str = Field(max_length=20)
    label: str = Field(default="", max_length=500)
    url: str = Field(sa_column=Column(Text, nullable=False))
    """Percent-encoded, which may be several times as long as what was imported."""
