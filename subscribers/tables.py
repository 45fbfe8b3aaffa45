"""Tables of subscribers, consent, preferences, suppressions and counted attempts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String
from sqlmodel import Field

from store.base import Json, Table, UtcDateTime, partial_index
from subscribers.public_ids import new_public_id


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
    MANUAL = "by_hand"


class Frequency(StrEnum):
    """How often a reader wants mail, and how often a schedule makes it."""

    EVERY = "every"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class TopicKind(StrEnum):
    CATEGORY = "category"
    TOOL = "tool"


class UnsubscribeReason(StrEnum):
    """Why somebody unsubscribed, if they say so."""

    TOO_OFTEN = "too_often"
    NOT_FOR_ME = "not_for_me"
    NEVER_ASKED = "never_asked"
    OTHER = "other"


def one_of(column: str, values: type[StrEnum], name: str | None = None) -> CheckConstraint:
    """Return a CHECK that `column` holds one of `values`: one list for code and database."""
    # Not IN: SQLite builds a list for that, row by row, which costs more than the row does.
    listed = " OR ".join(f"{column} = '{value}'" for value in values)
    return CheckConstraint(listed, name=name or column)


class Subscriber(Table, table=True):
    """A person on the list. Suppressions are matched by `address_hash`."""

    __tablename__ = "subscriber"
    __table_args__ = (
        one_of("status", SubscriberStatus),
        one_of("frequency", Frequency),
        Index("ix_subscriber_status_id", "status", "id"),
        Index("ix_subscriber_public_id", "public_id", unique=True),
        partial_index(
            "ix_subscriber_legacy_number",
            "legacy_number",
            where="legacy_number IS NOT NULL",
            unique=True,
        ),
        {"sqlite_autoincrement": True},  # the id of an erased subscriber is never reused
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: int = Field(
        default_factory=new_public_id,
        sa_column=Column(BigInteger, nullable=False, server_default="0"),
    )
    """What links and exports call them; it goes with them to another store."""
    legacy_number: int | None = Field(default=None)
    """What links sent before there were public ids call them: their `id` of that time."""
    link_epoch: int = Field(
        default=0, sa_column=Column(Integer, nullable=False, server_default="0")
    )
    """Links of another epoch are void: they only unsubscribe (`subscribers.links`)."""
    email: str = Field(max_length=320)
    email_key: str = Field(max_length=320, unique=True)
    """The address folded for comparison; see `subscribers.addresses`."""
    address_hash: str = Field(max_length=64)
    """Of `email_key`, so no two are alike. Without an index, on which imports spent most of their
    time: people are looked up by `email_key`."""
    first_name: str = Field(default="", max_length=100)
    status: str = Field(default=SubscriberStatus.PENDING, max_length=16)
    source: str = Field(default="", max_length=200)
    tracking: bool = Field(default=True)
    frequency: str = Field(
        default=Frequency.EVERY,
        sa_column=Column(String(16), nullable=False, server_default=Frequency.EVERY.value),
    )
    zone: str = Field(
        default="UTC", sa_column=Column(String(60), nullable=False, server_default="UTC")
    )
    """A name of the IANA time zone database: the reader's days begin there."""
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    import_run: int | None = Field(default=None)
    """The import that added them."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class FormerPublicId(Table, table=True):
    """Another public id of somebody's: of a row that was joined to theirs, or of the store that an
    import of ours came from. Its links only unsubscribe.
    """

    __tablename__ = "former_public_id"
    __table_args__ = (Index("ix_former_public_id_legacy_number", "legacy_number"),)

    public_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    legacy_number: int | None = Field(default=None)
    subscriber_id: int = Field(
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False)
    )


class ImportRun(Table, table=True):
    """One import of a file: what it added can be taken back."""

    __tablename__ = "import_run"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=200)
    tool: str = Field(max_length=40)
    wording: str
    added: int = Field(default=0)
    departed: int = Field(default=0)
    at: datetime = Field(sa_type=UtcDateTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Consent(Table, table=True):
    """Append-only: what was agreed or withdrawn, in which words, when and from where."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_subscriber_id", "subscriber_id"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False)
    )
    kind: str = Field(max_length=16)
    """`imported`, `requested`, `invited`, `confirmed` or `withdrawn`."""
    wording: str
    source: str = Field(default="", max_length=200)
    ip: str = Field(default="", max_length=45)
    user_agent: str = Field(default="", max_length=500)
    form: str = Field(default="", sa_column=Column(String(40), nullable=False, server_default=""))
    """Which version of which form the wording stood on."""
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
    import_run: int | None = Field(default=None)
    """The import that added it."""
    at: datetime = Field(sa_type=UtcDateTime)


class SuppressionRemoval(Table, table=True):
    """Append-only: who removed a suppression, and why. It holds no address."""

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


class Followed(Table, table=True):
    """A category or a tool that a reader follows. A reader without any follows everything."""

    __tablename__ = "following"
    __table_args__ = (
        one_of("topic", TopicKind),
        Index("ix_following_topic_name", "topic", "name"),
    )

    subscriber_id: int = Field(
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True)
    )
    topic: str = Field(max_length=16, primary_key=True)
    name: str = Field(max_length=200, primary_key=True)
    """A category as the pages have it, or a tool's slug."""


class AddressChange(Table, table=True):
    """An address change until the owner of the new address confirms it; the newest one counts.

    `number` is drawn anew for each change, so that an older link confirms nothing.
    """

    __tablename__ = "address_change"

    subscriber_id: int = Field(
        sa_column=Column(
            Integer,
            ForeignKey("subscriber.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        )
    )
    number: int
    email: str | None = Field(default=None, sa_column=Column(String(320), nullable=True))
    """Empty once it is done."""
    at: datetime = Field(sa_type=UtcDateTime)


class UnsubscribeFeedback(Table, table=True):
    """Why somebody unsubscribed, in their own words; the last answer counts. Erased with them."""

    __tablename__ = "leaving"
    __table_args__ = (one_of("reason", UnsubscribeReason),)

    subscriber_id: int = Field(
        sa_column=Column(
            Integer,
            ForeignKey("subscriber.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        )
    )
    reason: str = Field(max_length=16)
    words: str = Field(default="", max_length=500)
    issue_number: int | None = Field(default=None)
    at: datetime = Field(sa_type=UtcDateTime)


class RateCounter(Table, table=True):
    """The number of attempts in one window of time; `key` is a keyed hash of what is counted."""

    __tablename__ = "knock"
    __table_args__ = (Index("ix_knock_until", "until"),)

    key: str = Field(max_length=64, primary_key=True)
    until: datetime = Field(sa_type=UtcDateTime)
    """When the window ends, and the row may be deleted."""
    count: int = Field(default=1)


class LinkRevocation(Table, table=True):
    """Append-only: who revoked the links sent before, and why; without a subscriber, of all."""

    __tablename__ = "link_revocation"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int | None = Field(
        default=None,
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=True),
    )
    who: str = Field(max_length=100)
    because: str = Field(max_length=500)
    at: datetime = Field(sa_type=UtcDateTime)


class RequestedName(Table, table=True):
    """What was entered with a request to be put on the list: it counts once that is confirmed."""

    __tablename__ = "signup_request"

    subscriber_id: int = Field(
        sa_column=Column(
            Integer,
            ForeignKey("subscriber.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        )
    )
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    """Drawn at random; the link that confirms it carries it."""
    first_name: str = Field(default="", max_length=100)
    at: datetime = Field(sa_type=UtcDateTime)


class KnownSecret(Table, table=True):
    """A secret that this store's links were made with, by its fingerprint, and the key of the
    address hashes wrapped with it (`subscribers.hash_key`).
    """

    __tablename__ = "known_secret"

    fingerprint: str = Field(max_length=16, primary_key=True)
    wrapped_hash_key: str = Field(max_length=80)
    first_seen: datetime = Field(sa_type=UtcDateTime)
