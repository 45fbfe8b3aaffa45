"""The index on address hashes goes without its table being copied, and takes nothing along."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from digest.database import migrate, schema_drift, upgrade
from store.engine import open_store

PERSON = (
    "INSERT INTO subscriber (email, email_key, address_hash, first_name, status, source, tracking, "
    "public_id, created_at, changed_at) VALUES (:email, :email, :hash, '', :status, '', true, :id, "
    "'2026-11-25 00:00:00', '2026-11-25 00:00:00')"
)
CONSENT = (
    "INSERT INTO consent (subscriber_id, kind, wording, source, ip, user_agent, at) "
    "SELECT id, 'imported', 'Yes.', '', '', '', created_at FROM subscriber"
)


def person(number: int, **other: object) -> dict[str, object]:
    email = f"reader{number}@example.org"
    return {"email": email, "hash": f"{number:064x}", "status": "active", "id": number} | other


def test_people_and_what_refers_to_them_stay(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    with store.engine.begin() as connection:
        migrate(connection, "0027")
        connection.execute(text(PERSON), [person(number) for number in range(1, 2_001)])
        connection.execute(text(CONSENT))
    upgrade(store)
    assert schema_drift(store) == []
    with store.engine.connect() as connection:
        run = connection.exec_driver_sql
        assert run("PRAGMA integrity_check").scalars().all() == ["ok"]
        assert run("PRAGMA foreign_key_check").all() == []
        assert run("SELECT count(*) FROM subscriber").scalar_one() == 2_000
        assert run("SELECT count(*) FROM consent").scalar_one() == 2_000
        plan = run("EXPLAIN QUERY PLAN SELECT id FROM subscriber WHERE legacy_number = 7").all()
        assert "ix_subscriber_legacy_number" in str(plan)
    for wrong in (person(1, id=9_999), person(9_999, id=1), person(9_998, status="gone")):
        with pytest.raises(IntegrityError), store.engine.begin() as connection:
            connection.execute(text(PERSON), wrong)
