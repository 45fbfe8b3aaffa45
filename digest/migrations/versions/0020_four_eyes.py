"""Schedules whose issues are approved by somebody who did not edit them last"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "schedule",
        sa.Column("four_eyes", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
