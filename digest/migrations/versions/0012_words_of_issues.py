"""Who wrote an issue's words and by which pattern, what it printed, and on which day it went out"""

import sqlalchemy as sa
from alembic import op

import store.base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_THEIRS: dict[str, dict[str, dict[str, float]]] = {
    "subject": {"scores": {}},
    "preheader": {"scores": {}},
}


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    for column in (
        sa.Column("intro", sa.Text(), nullable=False, server_default=""),
        sa.Column("written", store.base.Json(), nullable=False, server_default="{}"),
        sa.Column("patterns", store.base.Json(), nullable=False, server_default="[]"),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=False, server_default="UTC"),
    ):
        op.add_column("issue", column)
    # Whether an editor wrote the words of a draft is not known: they stay as they are.
    op.execute(
        sa.text("UPDATE issue SET written = :theirs WHERE state = 'draft'").bindparams(
            sa.bindparam("theirs", _THEIRS, type_=store.base.Json())
        )
    )
    op.add_column("pick", sa.Column("printed", store.base.Json(), nullable=True))
    op.add_column("schedule", sa.Column("first_days", sa.Integer(), nullable=True))
