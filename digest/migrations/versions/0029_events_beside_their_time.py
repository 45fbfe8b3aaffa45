"""Keys of SendGrid's events begin with their time; events refer to their delivery without a check

A key that is random alone makes each insertion change another page of its index. The time in it
is the event's own, so the same event still has the same key, whenever it is posted again. Deliveries
and issues are never deleted, and the one statement that inserts events reads both (decision 43).
"""

from alembic import op
from sqlalchemy import text

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

FOREIGN_KEYS = {
    "fk_event_delivery_id_delivery": "FOREIGN KEY(delivery_id) REFERENCES delivery (id)",
    "fk_event_issue_number_issue": "FOREIGN KEY(issue_number) REFERENCES issue (number)",
}
KEYS_ON_SQLITE = """
UPDATE event SET "key" = 'sendgrid:' || printf('%09x', strftime('%s', at)) || substr("key", 10, 32)
WHERE "key" LIKE 'sendgrid:%' AND length("key") = 73
"""
KEYS_ON_POSTGRESQL = r"""
UPDATE event SET "key" = 'sendgrid:' || lpad(to_hex(extract(epoch from at)\:\:bigint), 9, '0')
    || substr("key", 10, 32)
WHERE "key" LIKE 'sendgrid:%' AND length("key") = 73
"""


def upgrade() -> None:
    """Keys were `sendgrid:` and 64 digits of a hash; 32 of these stay."""
    run = op.get_bind().execute
    if op.get_bind().dialect.name == "sqlite":
        _rewrite()
        run(text(KEYS_ON_SQLITE))
        return
    for name in FOREIGN_KEYS:
        op.drop_constraint(op.f(name), "event", type_="foreignkey")
    run(text(KEYS_ON_POSTGRESQL))


def _rewrite() -> None:
    """Take the constraints out of the table's text in its place, as in 0028."""
    run = op.get_bind().execute
    run(text("PRAGMA writable_schema = ON"))
    for name, said in FOREIGN_KEYS.items():
        run(
            text(
                "UPDATE sqlite_master SET sql = replace(sql, :constraint, '') "
                "WHERE type = 'table' AND name = 'event'"
            ),
            {"constraint": f", \n\tCONSTRAINT {name} {said}"},
        )
    run(text("PRAGMA writable_schema = RESET"))
