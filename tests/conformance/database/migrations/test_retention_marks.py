"""A store of before version 0017 that is full: what was old then goes, what was not stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlmodel import col, select

from digest.database import MIGRATIONS, schema_drift, upgrade
from digest.events.tables import Event
from digest.readers.retention import delete_origins
from store.engine import Store, open_store
from subscribers.tables import Consent

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
DAY = timedelta(days=1)
PERSON = """INSERT INTO subscriber (id, email, email_key, address_hash, first_name, status, source,
    tracking, created_at, changed_at, public_id)
    VALUES (1, 'a@b.example', 'a@b.example', 'x', '', 'active', '', :yes, :at, :at, 7)"""
CONSENT = """INSERT INTO consent (subscriber_id, kind, wording, source, ip, user_agent, at)
    VALUES (1, 'confirmed', :words, '', '192.0.2.1', 'Browser/1', :at)"""
EVENT = """INSERT INTO event (key, kind, detail, at)
    VALUES (:words, 'delivered', '{"user_agent": "Browser/1", "n": 1}', :at)"""
AGES = {"old": 500, "older by import": 900, "just due": 366, "young": 30, "late import": 800}
"""Days before NOW, in the order in which they were stored."""


@pytest.fixture
def filled(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store at revision 0016, on each database, with consents and events of several ages."""
    if database_url.startswith("sqlite"):
        store = open_store(f"sqlite:///{tmp_path / 'older.db'}")
    else:
        store = open_store(database_url)
        with store.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0016")
    with store.engine.begin() as connection:
        at = {name: stored(store, NOW - days * DAY) for name, days in AGES.items()}
        connection.execute(text(PERSON), {"yes": True, "at": at["old"]})
        for name, moment in at.items():
            for statement in (CONSENT, EVENT):
                connection.execute(text(statement), {"words": name, "at": moment})
    yield store
    store.close()


def stored(store: Store, moment: datetime) -> object:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if store.is_sqlite else moment


def left(store: Store) -> tuple[list[str], list[str]]:
    """Consents and events that still say from where they came."""
    with store.read() as session:
        consents = session.exec(
            select(Consent.wording).where(col(Consent.ip) != "").order_by(col(Consent.id))
        )
        events = session.exec(select(Event).order_by(col(Event.id)))
        return list(consents), [one.key for one in events if "user_agent" in one.detail]


def test_what_was_old_before_the_upgrade_goes_and_what_was_not_stays(filled: Store) -> None:
    upgrade(filled)
    assert schema_drift(filled) == []
    for days in range(3):
        delete_origins(filled, 365, NOW + days * DAY)
    assert left(filled) == (["young", "late import"], ["young", "late import"])


def test_what_an_import_dated_back_goes_when_it_has_been_here_so_long(filled: Store) -> None:
    upgrade(filled)
    for days in range(0, 400, 5):
        delete_origins(filled, 365, NOW + days * DAY)
    assert left(filled) == ([], [])
    with filled.read() as session:
        kept = session.exec(select(Consent.wording).order_by(col(Consent.id)))
        assert list(kept) == list(AGES), "a consent stays as proof"


def test_an_empty_store_is_upgraded_too(filled: Store) -> None:
    with filled.engine.begin() as connection:
        connection.execute(text("DELETE FROM consent"))
        connection.execute(text("DELETE FROM event"))
    upgrade(filled)
    assert delete_origins(filled, 365, NOW) == 0
