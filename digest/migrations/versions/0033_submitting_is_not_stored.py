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
# A store that was damaged or written to by hand may have others, of batches that nobody holds. Their
# outcome is unknown, so an editor decides.
COUNTED_OTHERS = """
    INSERT INTO delivery_count (issue_number, state, amount)
    SELECT issue_number, 'submitting', -count(*) FROM delivery WHERE state = 'submitting'
    GROUP BY issue_number
    UNION ALL
    SELECT issue_number, 'uncertain', count(*) FROM delivery WHERE state = 'submitting'
    GROUP BY issue_number
"""
OTHERS = "UPDATE delivery SET state = 'uncertain' WHERE state = 'submitting'"
COUNTED = "UPDATE delivery_count SET state = 'queued' WHERE state = 'submitting'"


def upgrade() -> None:
    for statement in (QUEUED_AGAIN, COUNTED_OTHERS, OTHERS, COUNTED):
        op.execute(statement)
