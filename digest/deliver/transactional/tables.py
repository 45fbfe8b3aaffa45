"""The table of transactional messages: mail to one person about their own subscription."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String
from sqlmodel import Field

from store.base import Json, Table, UtcDateTime, partial_index
from subscribers.public_ids import new_public_id
from subscribers.tables import one_of


class TransactionalKind(StrEnum):
    CONFIRMATION = "confirmation"
    WELCOME = "welcome"
    ALREADY = "already"
    """To a subscriber who signs up again: the sign-up page must not tell that they are known."""
    CHANGE = "change"
    """To a new address, which its owner must confirm."""
    CHANGED = "changed"
    """To the old address, so that no address is changed without its owner noticing."""
    LINKS = "links"
    """A new link to the preferences, after the earlier ones were revoked."""
    DATA = "data"
    """A reader's stored data: mailed to them, never shown on the page that asks for it."""


class TransactionalState(StrEnum):
    QUEUED = "queued"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    """The reader must no longer get it, as was found when it was claimed."""


_OPEN = "state = 'queued' OR state = 'submitting'"


class TransactionalMessage(Table, table=True):
    """A message that is kept until a provider has it.

    Committed with what causes it; `key` is unique, so that nothing causes it twice.
    """

    __tablename__ = "letter"
    __table_args__ = (
        one_of("kind", TransactionalKind),
        one_of("state", TransactionalState),
        partial_index("ix_letter_open", "not_before", where=_OPEN),
        Index("ix_letter_subscriber_id", "subscriber_id"),
        Index("ix_letter_public_id", "public_id", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: int = Field(
        default_factory=new_public_id,
        sa_column=Column(BigInteger, nullable=False, server_default="0"),
    )
    """It makes the Message-ID; of letters from before there were public ids it is their id."""
    key: str = Field(max_length=100, unique=True)
    kind: str = Field(max_length=16)
    subscriber_id: int = Field(
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False)
    )
    email: str | None = Field(default=None, sa_column=Column(String(320), nullable=True))
    """Where it goes, if not to the subscriber's own address."""
    context: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """Values for its template; no token, since those are made when it is sent."""
    state: str = Field(default=TransactionalState.QUEUED, max_length=16)
    attempts: int = Field(default=0)
    not_before: datetime = Field(sa_type=UtcDateTime)
    claimed_by: int | None = Field(default=None, sa_type=BigInteger)
    provider_id: str | None = Field(default=None, max_length=200)
    code: str | None = Field(default=None, max_length=20)
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
