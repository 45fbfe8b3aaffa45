"""InboundMessageRow: what the bounce mailbox held and what became of it.

So nothing is read twice, and an editor sees what was not understood.
"""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer
from sqlmodel import Field

import subscribers.tables  # noqa: F401 - its table is what a foreign key here points at
from store.base import Table, UtcDateTime

MAX_NAME_LENGTH = 255
MAX_NOTE_LENGTH = 300


class InboundMessageRow(Table, table=True):
    """One message, by its name in the mailbox, where it stays.

    No address and no word of a person is kept.
    """

    __tablename__ = "inbound_message"
    __table_args__ = (Index("ix_inbound_message_subscriber_id", "subscriber_id"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=MAX_NAME_LENGTH, unique=True)
    meaning: str = Field(max_length=60)
    note: str = Field(default="", max_length=MAX_NOTE_LENGTH)
    """The cause of a failure, and the server's words without addresses."""
    subscriber_id: int | None = Field(
        default=None,
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="SET NULL"), nullable=True),
    )
    """The subscriber that a report is about, or that wrote the message."""
    read_at: datetime = Field(sa_type=UtcDateTime)
