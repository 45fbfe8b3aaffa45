"""PostgreSQL leaves room on each page of deliveries for their next two states"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

FILL_FACTOR = 33
"""Per cent of a page that new deliveries fill. Each becomes `submitting` and then has its outcome:
with both new versions on the same page no index is written to (PostgreSQL manual, 66.7)."""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE delivery SET (fillfactor = {FILL_FACTOR})")
