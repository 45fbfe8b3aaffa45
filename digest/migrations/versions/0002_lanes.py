"""Lanes, who a batch went to, and no index that nothing asks"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "batch", sa.Column("lane", AutoString(length=255), nullable=False, server_default="")
    )
    op.add_column("batch", sa.Column("provider", AutoString(length=20), nullable=True))
    op.drop_index("ix_delivery_provider_id", table_name="delivery")
