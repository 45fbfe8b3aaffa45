"""Defines the table of revisions."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, Text
from sqlmodel import Field

from store.base import Json, Table, UtcDateTime
from subscribers.tables import one_of


class RevisionKind(StrEnum):
    """What a revision is. Edits, undos and redos change the issue; the others only tell."""

    BASE = "base"
    """Number 0: the issue as it was before its first change."""
    EDIT = "edit"
    UNDO = "undo"
    REDO = "redo"
    SUPERSEDED = "aside"
    """A text that came too late, since somebody had written another: kept, not in the issue."""
    APPROVAL = "approval"


CHANGING = frozenset({RevisionKind.EDIT, RevisionKind.UNDO, RevisionKind.REDO})


class Revision(Table, table=True):
    """One change of one field of an issue; never changed or deleted."""

    __tablename__ = "revision"
    __table_args__ = (one_of("kind", RevisionKind), Index("ix_revision_field", "field"))

    issue_number: int = Field(
        sa_column=Column(Integer, ForeignKey("issue.number"), primary_key=True)
    )
    n: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    kind: str = Field(max_length=16)
    of: int | None = Field(default=None)
    """The edit that an undo or redo is about; the revision that was approved."""
    who: str = Field(max_length=100)
    at: datetime = Field(sa_type=UtcDateTime)
    field: str = Field(max_length=420)
    before: Any = Field(default=None, sa_column=Column(Json, nullable=True))
    after: Any = Field(default=None, sa_column=Column(Json, nullable=True))
    because: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """The editor's reason; never empty where a comparison was dropped."""
