"""Stores of each released schema, made by the migrations themselves, in the middle of their work.

Each has a finished issue, one that is being sent (some taken, a batch in flight, the rest waiting)
and a scheduled one, and transactional mail that is open. Columns that a later migration added are
filled where the schema has them.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, MetaData, insert

from digest.database import migrate
from digest.pipeline.issue_renderer import _hash
from store.engine import Store
from subscribers.addresses import AddressHasher
from tests.parts.world import NOW, RENDERED, SECRET, issue_renderer

PEOPLE, BATCH = 12, 4
DEAD_WORKER = 4711
FINISHED, SENDING, SCHEDULED = 1, 2, 3
SCHEDULED_FOR = NOW + timedelta(days=1)
STATES = {
    FINISHED: ["delivered"] * PEOPLE,
    SENDING: ["submitted"] * BATCH + ["submitting"] * BATCH + ["queued"] * BATCH,
}


def emails() -> list[str]:
    return [f"reader{number}@example.org" for number in range(1, PEOPLE + 1)]


def make_past(store: Store, revision: str) -> None:
    """Give an empty store the schema of `revision`, and rows in the middle of their work."""
    with store.engine.begin() as connection:
        migrate(connection, revision)
    with store.engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for table, row in _rows():
            _add(connection, tables, table, row)


def _add(connection: Connection, tables: MetaData, name: str, row: dict[str, Any]) -> None:
    """Add a row, without what this schema has no column for; a table that it lacks is left out."""
    if name not in tables.tables:
        return
    table = tables.tables[name]
    naive = connection.dialect.name == "sqlite"
    values = {
        key: value.astimezone(UTC).replace(tzinfo=None)
        if naive and isinstance(value, datetime)
        else value
        for key, value in row.items()
        if key in table.columns
    }
    connection.execute(insert(table).values(values))


def _rows() -> list[tuple[str, dict[str, Any]]]:
    schedule = {
        "id": 1, "name": "weekly", "cron": "0 8 * * mon", "zone": "UTC", "approval": "wait",
        "late_limit_minutes": 60, "active": True, "created_at": NOW, "frequency": "weekly",
    }  # fmt: skip
    rows: list[tuple[str, dict[str, Any]]] = [("schedule", schedule)]
    for number, email in enumerate(emails(), 1):
        rows += _person(number, email)
    for number, state in ((FINISHED, "finished"), (SENDING, "sending"), (SCHEDULED, "scheduled")):
        rows += _issue(number, state)
    for number, states in STATES.items():
        rows += _deliveries(number, states)
    for state, claimed in (("queued", None), ("submitting", DEAD_WORKER)):
        letter = {
            "key": state, "kind": "confirmation", "subscriber_id": 1, "context": {}, "state": state,
            "attempts": 0, "not_before": NOW, "claimed_by": claimed, "created_at": NOW,
            "changed_at": NOW, "public_id": 7 if claimed else 8,
        }  # fmt: skip
        rows.append(("letter", letter))
    return rows


def _person(number: int, email: str) -> list[tuple[str, dict[str, Any]]]:
    person = {
        "id": number, "public_id": 1000 + number, "email": email, "email_key": email,
        "address_hash": AddressHasher(SECRET).hash(email), "first_name": "Reader",
        "status": "active", "source": "", "tracking": True, "created_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    consent = {
        "subscriber_id": number, "kind": "imported", "wording": "yes", "source": "", "ip": "",
        "user_agent": "", "at": NOW,
    }  # fmt: skip
    return [("subscriber", person), ("consent", consent)]


def _issue(number: int, state: str) -> list[tuple[str, dict[str, Any]]]:
    renderer = issue_renderer()
    began = NOW if state != "scheduled" else None
    issue = {
        "number": number, "public_id": 100 + number, "series": "weekly", "state": state,
        "subject": RENDERED.subject, "preheader": RENDERED.preheader, "as_of": NOW, "left_out": [],
        "content_hash": _hash(RENDERED, renderer.imprint), "approved_at": NOW,
        "approved_by": "ed", "send_at": SCHEDULED_FOR if state == "scheduled" else NOW,
        "started_at": began, "audience": PEOPLE if began else None, "created_at": NOW,
        "finished_at": NOW if state == "finished" else None,
    }  # fmt: skip
    variant = {
        "issue_number": number, "key": "all", "subject": RENDERED.subject,
        "preheader": RENDERED.preheader, "imprint": renderer.imprint, "html": RENDERED.html,
        "text": RENDERED.text, "sha256": RENDERED.sha256,
    }  # fmt: skip
    return [("issue", issue), ("variant", variant)]


def _deliveries(number: int, states: list[str]) -> list[tuple[str, dict[str, Any]]]:
    rows: list[tuple[str, dict[str, Any]]] = []
    for position in range(PEOPLE // BATCH):
        state = states[position * BATCH]
        in_flight = state == "submitting"
        batch = {
            "issue_number": number, "position": position, "lane": "",
            "state": state if state in {"submitting", "queued"} else "done",
            "claimed_by": DEAD_WORKER if in_flight else None,
            "claimed_at": NOW if in_flight else None,
            "done_at": None if in_flight or state == "queued" else NOW,
        }  # fmt: skip
        rows.append(("batch", batch))
    for place, state in enumerate(states):
        delivery = {
            "issue_number": number, "batch_position": place // BATCH, "subscriber_id": place + 1,
            "state": state, "attempts": 0 if state == "queued" else 1, "changed_at": NOW,
            "provider_id": f"p{place}" if state in {"submitted", "delivered"} else None,
        }  # fmt: skip
        rows.append(("delivery", delivery))
    return rows
