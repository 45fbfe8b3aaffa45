"""Which import added whom, so that it can be undone"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from store.base import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", AutoString(length=200), nullable=False),
        sa.Column("tool", AutoString(length=40), nullable=False),
        sa.Column("wording", AutoString(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("departed", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("undone_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sqlite_autoincrement=True,
    )
    op.add_column("subscriber", sa.Column("import_run", sa.Integer(), nullable=True))
    op.add_column("suppression", sa.Column("import_run", sa.Integer(), nullable=True))
