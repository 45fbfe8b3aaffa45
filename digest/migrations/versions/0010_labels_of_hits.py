"""By which rule a hit was called a person's or a machine's"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlmodel.sql.sqltypes import AutoString

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNJUDGED = "rule IS NULL AND (kind = 'opened' OR kind = 'clicked')"


def upgrade() -> None:
    op.add_column("event", sa.Column("rule", AutoString(length=12), nullable=True))
    op.create_index(
        "ix_event_unjudged",
        "event",
        ["id"],
        sqlite_where=text(UNJUDGED),
        postgresql_where=text(UNJUDGED),
    )
