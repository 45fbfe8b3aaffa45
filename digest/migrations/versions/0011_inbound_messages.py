"""What the bounce mailbox held, and what became of it"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(length=255), nullable=False),
        sa.Column("meaning", AutoString(length=60), nullable=False),
        sa.Column("note", AutoString(length=300), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("read_at", store.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_inbound_message_subscriber_id_subscriber"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("name", name=op.f("uq_inbound_message_name")),
    )
    op.create_index("ix_inbound_message_subscriber_id", "inbound_message", ["subscriber_id"])
