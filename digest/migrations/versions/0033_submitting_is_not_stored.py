"""A delivery is being submitted while its batch is: that is no state of its own any more (decision 48)"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# By their batches, since no index has the state of a delivery.
QUEUED_AGAIN = """
    UPDATE delivery SET state = 'queued', attempts = attempts - 1
    WHERE state = 'submitting' AND EXISTS (
        SELECT 1 FROM batch WHERE batch.issue_number = delivery.issue_number
        AND batch.position = delivery.batch_position AND batch.state = 'submitting'
    )
"""


def upgrade() -> None:
    op.execute(QUEUED_AGAIN)
    op.execute("UPDATE delivery_count SET state = 'queued' WHERE state = 'submitting'")
