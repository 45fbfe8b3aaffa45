"""The ledger's tables: batch, delivery, attempt; and the state of rate limits."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

import digest.issues.tables  # noqa: F401 - its tables are what foreign keys here point at
from store.base import Table, UtcDateTime, partial_index
from subscribers.tables import one_of


class DeliveryState(StrEnum):
    """How far a delivery is.

    SUBMITTING is never stored: it is what a queued delivery is called while a worker holds its
    batch (`deliver.ledger.submitting`, decision 48).
    """

    QUEUED = "queued"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"


OPEN_STATES = (DeliveryState.QUEUED, DeliveryState.SUBMITTING)
"""States in which work is left: an issue can't finish while a delivery is in one of them."""


class BatchState(StrEnum):
    QUEUED = "queued"
    SUBMITTING = "submitting"
    DONE = "done"


class Batch(Table, table=True):
    """Recipients submitted together; the unit that a worker claims.

    `claimed_by` is the number of the worker that holds it (`deliver.ledger.worker_lock`). `lane` is
    the recipients' domain if that has its own rate limit, else empty. `provider` is the one that it
    was submitted to.
    """

    __tablename__ = "batch"
    __table_args__ = (
        one_of("state", BatchState),
        CheckConstraint("(state = 'submitting') = (claimed_by IS NOT NULL)", name="claimed"),
        Index("ix_batch_issue_number_state_position", "issue_number", "state", "position"),
    )

    issue_number: int = Field(
        sa_column=Column(Integer, ForeignKey("issue.number"), primary_key=True)
    )
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    state: str = Field(default=BatchState.QUEUED, max_length=16)
    lane: str = Field(default="", max_length=255)
    provider: str | None = Field(default=None, max_length=20)
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """A retry is not due before then."""
    claimed_by: int | None = Field(default=None, sa_type=BigInteger)
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Delivery(Table, table=True):
    """One issue to one subscriber; the pair is unique (invariant 2, docs/invariants.md).

    `subscriber_id` becomes null when the person is erased; the count stays.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("issue_number", "subscriber_id"),
        ForeignKeyConstraint(
            ["issue_number", "batch_position"], ["batch.issue_number", "batch.position"]
        ),
        one_of("state", DeliveryState),
        Index("ix_delivery_issue_number_batch_position", "issue_number", "batch_position"),
        Index("ix_delivery_subscriber_id", "subscriber_id"),
        partial_index("ix_delivery_faulty", "subscriber_id", where="fault IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    issue_number: int
    batch_position: int
    subscriber_id: int | None = Field(
        default=None,
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="SET NULL"), nullable=True),
    )
    state: str = Field(default=DeliveryState.QUEUED, max_length=16)
    attempts: int = Field(default=0)
    """How many tries have an outcome, an unknown one included."""
    provider_id: str | None = Field(default=None, max_length=200)
    code: str | None = Field(default=None, max_length=20)
    """The provider's last code where it rejected the message."""
    fault: str | None = Field(default=None, max_length=8)
    """The bounce type (`deliver.bounce_policy`) of its failure, if that counts against anybody."""
    changed_at: datetime = Field(sa_type=UtcDateTime)


class DeliveryCount(Table, table=True):
    """By how much the number of an issue's deliveries in one state has changed.

    The sum is how many there are (`deliver.ledger.state_counts`). Without foreign keys, whose
    locks would make writers wait for each other.
    """

    __tablename__ = "delivery_count"
    __table_args__ = (Index("ix_delivery_count_issue_number", "issue_number"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_number: int
    state: str = Field(max_length=16)
    amount: int


class Attempt(Table, table=True):
    """A try that was rejected or has no known outcome; an accepted one is in its delivery."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_delivery_id", "delivery_id"),
        Index("ix_attempt_issue_number", "issue_number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id")
    issue_number: int | None = Field(default=None)
    """The delivery's issue: its attempts are found without looking at each delivery."""
    provider: str = Field(max_length=20)
    outcome: str = Field(max_length=16)
    """`refusal` or `unknown`."""
    code: str | None = Field(default=None, max_length=20)
    detail: str = Field(default="", max_length=500)
    stage: str | None = Field(default=None, max_length=8)
    """The SMTP command that was answered so (`bounce_policy.failure.Stage`), if it was one."""
    at: datetime = Field(sa_type=UtcDateTime)


class TokenBucketRow(Table, table=True):
    """The state of one rate limit (`deliver.rate_limit.token_bucket`) of a provider.

    `lane` is the recipient domain that it limits, empty for the limit on all mail.
    """

    __tablename__ = "pace"
    __table_args__ = (CheckConstraint("used >= 0", name="used"),)

    provider: str = Field(primary_key=True, max_length=20)
    lane: str = Field(primary_key=True, max_length=255)
    free_at: datetime = Field(sa_type=UtcDateTime)
    day: date
    used: int
    minute_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    minute_used: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    hour_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    hour_used: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class Instance(Table, table=True):
    """The one row that says which store this is, and whether it may send (`deliver.instance`)."""

    __tablename__ = "instance"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=32)
    place: str = Field(max_length=100)
    claims: int = Field(default=0)
    """How often mail was claimed; counted on SQLite alone."""
    held: str = Field(default="", max_length=200)
    """Why nothing may be sent; empty if it may."""
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
