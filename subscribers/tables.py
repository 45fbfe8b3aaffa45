"""Subscriber, Consent, Suppression."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String
from sqlmodel import Field

from store import Json, Table, UtcDateTime


class SubscriberStatus(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class SuppressionReason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"
    BY_HAND = "by_hand"


def one_of(column: str, values: type[StrEnum], name: str | None = None) -> CheckConstraint:
    """A CHECK that `column` holds one of `values`: the same word list in code and database."""
    # Not IN: SQLite builds a list for that, row by row, which costs more than the row does.
    listed = " OR ".join(f"{column} = '{value}'" for value in values)
    return CheckConstraint(listed, name=name or column)


class Subscriber(Table, table=True):
    """A person on the list. `address_hash` is what suppressions are matched by."""

    __tablename__ = "subscriber"
    __table_args__ = (
        one_of("status", SubscriberStatus),
        Index("ix_subscriber_status_id", "status", "id"),
        {"sqlite_autoincrement": True},  # an erased subscriber's number is never given again
    )

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=320)
    email_key: str = Field(max_length=320, unique=True)
    """The address folded for comparison; see `subscribers.addresses`."""
    address_hash: str = Field(max_length=64, unique=True)
    first_name: str = Field(default="", max_length=100)
    status: str = Field(default=SubscriberStatus.PENDING, max_length=16)
    source: str = Field(default="", max_length=200)
    tracking: bool = Field(default=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Consent(Table, table=True):
    """Append-only: what was agreed or withdrawn, in which words, when and from where."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_subscriber_id", "subscriber_id"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False)
    )
    kind: str = Field(max_length=16)
    """`imported`, `requested`, `confirmed` or `withdrawn`."""
    wording: str
    source: str = Field(default="", max_length=200)
    ip: str = Field(default="", max_length=45)
    user_agent: str = Field(default="", max_length=500)
    at: datetime = Field(sa_type=UtcDateTime)


class Suppression(Table, table=True):
    """An address that must not be mailed. Outlives the subscriber; then only the hash is left."""

    __tablename__ = "suppression"
    __table_args__ = (one_of("reason", SuppressionReason),)

    id: int | None = Field(default=None, primary_key=True)
    address_hash: str = Field(max_length=64, unique=True)
    email: str | None = Field(default=None, sa_column=Column(String(320), nullable=True))
    reason: str = Field(max_length=16)
    note: str = Field(default="", max_length=500)
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class Lift(Table, table=True):
    """Append-only: a suppression was lifted, by whom and why. It holds no address."""

    __tablename__ = "lift"
    __table_args__ = (Index("ix_lift_address_hash", "address_hash"),)

    id: int | None = Field(default=None, primary_key=True)
    address_hash: str = Field(max_length=64)
    reason: str = Field(max_length=16)
    note: str = Field(default="", max_length=500)
    suppressed_at: datetime = Field(sa_type=UtcDateTime)
    who: str = Field(max_length=500)
    why: str = Field(max_length=500)
    at: datetime = Field(sa_type=UtcDateTime)
