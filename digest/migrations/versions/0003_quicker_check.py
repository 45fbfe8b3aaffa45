"""The states of deliveries are checked without a list, which SQLite makes anew for each row"""

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = (
    "queued",
    "submitting",
    "submitted",
    "delivered",
    "bounced",
    "complained",
    "failed",
    "uncertain",
    "suppressed",
)
NAME = "ck_delivery_state"
BEFORE = f"state IN ({', '.join(repr(state) for state in STATES)})"
AFTER = " OR ".join(f"state = {state!r}" for state in STATES)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rewrite()
    else:
        op.drop_constraint(op.f(NAME), "delivery", type_="check")
        op.create_check_constraint(op.f(NAME), "delivery", AFTER)


def _rewrite() -> None:
    """Copying the table would need foreign keys off, which no transaction can do.

    What is stored stays as it is, so the table's text may be rewritten in its place:
    https://www.sqlite.org/lang_altertable.html, section 7.
    """
    database = op.get_bind()
    version = database.execute(text("PRAGMA schema_version")).scalar_one()
    database.execute(text("PRAGMA writable_schema = ON"))
    database.execute(
        text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after) "
            "WHERE type = 'table' AND name = 'delivery'"
        ),
        {"before": BEFORE, "after": AFTER},
    )
    database.execute(text(f"PRAGMA schema_version = {int(version) + 1}"))
    database.execute(text("PRAGMA writable_schema = OFF"))
