"""PostgreSQL holds a delivery's subscriber and batch without a check for each row (decision 41)

What `ON DELETE SET NULL` did is done by a trigger. The lock keeps it and a freeze apart: whoever
comes second sees what the first has written.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION forget_subscriber() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7301, 1);
    UPDATE delivery SET subscriber_id = NULL WHERE subscriber_id = OLD.id;
    RETURN OLD;
END $$
"""
TRIGGER = """
CREATE TRIGGER forget_subscriber BEFORE DELETE ON subscriber
FOR EACH ROW EXECUTE FUNCTION forget_subscriber()
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name in (
        "fk_delivery_issue_number_batch_position_batch",
        "fk_delivery_subscriber_id_subscriber",
    ):
        op.drop_constraint(op.f(name), "delivery", type_="foreignkey")
    op.execute(FUNCTION)
    op.execute(TRIGGER)
