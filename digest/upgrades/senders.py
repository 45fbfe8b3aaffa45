"""Tells whether mail is being sent from a store of any released schema."""

from sqlalchemy import Connection, inspect, text

from digest.deliver.ledger.worker_lock import live_workers
from store.engine import Store


def who_sends(store: Store, connection: Connection) -> str:
    """Return in words what is being sent by a live worker, as `connection` sees it; else nothing.

    What a dead worker left is closed by the next one, after the upgrade as before.
    """
    if not live_workers(store):
        return ""
    issues = connection.execute(
        text(
            "SELECT number FROM issue WHERE state = 'sending' UNION "
            "SELECT issue_number FROM batch WHERE state = 'submitting' ORDER BY 1"
        )
    ).scalars()
    numbers = [str(number) for number in issues]
    if numbers:
        return f"issue {', '.join(numbers)}"
    if inspect(connection).has_table("letter"):
        open_ones = text("SELECT count(*) FROM letter WHERE state = 'submitting'")
        if connection.execute(open_ones).scalar_one():
            return "transactional mail"
    return ""


def stop_claims(store: Store, connection: Connection) -> None:
    """Let nobody claim mail before this transaction ends; SQLite's writer has it so anyway."""
    if not store.is_sqlite:
        connection.execute(text("SET LOCAL lock_timeout = '30s'"))
        connection.execute(text("LOCK TABLE batch IN SHARE ROW EXCLUSIVE MODE"))
