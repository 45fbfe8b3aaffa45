"""Tables of editors: addresses that are told, and the ledger of what they were told."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer
from sqlmodel import Field

from store.base import Json, Table, UtcDateTime, partial_index
from subscribers.public_ids import new_public_id
from subscribers.tables import one_of


class NoticeState(StrEnum):
    QUEUED = "queued"
    SUBMITTING = "submitting"
    """Committed before it goes out. One that stays so may have arrived: it is not repeated."""
    SUBMITTED = "submitted"
    FAILED = "failed"


class Editor(Table, table=True):
    """An address that is told what asks for an editor."""

    __tablename__ = "editor"
    __table_args__ = (
        Index("ix_editor_public_id", "public_id", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: int = Field(
        default_factory=new_public_id, sa_column=Column(BigInteger, nullable=False)
    )
    """What the link that stops the messages calls it."""
    email: str = Field(max_length=320)
    key: str = Field(max_length=320, unique=True)
    about: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """Kinds that they want to be told of; empty for all."""
    since: datetime = Field(sa_type=UtcDateTime)


class EditorNotice(Table, table=True):
    """One thing that one editor, or the webhook, is told. `key` is unique: it is told once."""

    __tablename__ = "editor_notice"
    __table_args__ = (
        one_of("state", NoticeState),
        partial_index("ix_editor_notice_open", "not_before", where="state = 'queued'"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: int = Field(
        default_factory=new_public_id, sa_column=Column(BigInteger, nullable=False)
    )
    """It makes the Message-ID."""
    key: str = Field(max_length=200, unique=True)
    kind: str = Field(max_length=16)
    editor_id: int | None = Field(
        default=None,
        sa_column=Column(Integer, ForeignKey("editor.id", ondelete="CASCADE"), nullable=True),
    )
    """Null for the webhook."""
    content: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """`subject`, `paragraphs`, `issue`: as things stood when it was noted."""
    state: str = Field(default=NoticeState.QUEUED, max_length=16)
    attempts: int = Field(default=0)
    not_before: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
