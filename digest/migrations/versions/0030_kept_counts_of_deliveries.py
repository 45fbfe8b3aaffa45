"""How many deliveries are in which state is kept as changes; an attempt names its issue (decision 44)"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count what is there once: each delivery is read in the order of an index."""
    op.create_table(
        "delivery_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_count")),
    )
    op.execute(
        "INSERT INTO delivery_count (issue_number, state, amount) "
        "SELECT issue_number, state, count(*) FROM delivery GROUP BY issue_number, state"
    )
    op.create_index("ix_delivery_count_issue_number", "delivery_count", ["issue_number"])
    op.add_column("attempt", sa.Column("issue_number", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE attempt SET issue_number = "
        "(SELECT issue_number FROM delivery WHERE delivery.id = attempt.delivery_id)"
    )
    op.create_index("ix_attempt_issue_number", "attempt", ["issue_number"])
