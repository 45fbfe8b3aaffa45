"""Keys of stored events get the form in which the same event is posted again; no row is copied."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from digest.database import migrate, schema_drift, upgrade
from digest.track.provider_events.sendgrid import parse_webhook
from store.engine import Store, open_store
from subscribers.tokens import Tokens

TOKENS = Tokens(["a secret of the tests that is long enough"])
EVENT = "INSERT INTO event (\"key\", kind, detail, at) VALUES (:key, 'unknown', '{}', :at)"
POSTED = [
    {"event": name, "timestamp": at, "sg_event_id": "an-id", "response": "250 Ok ü"}
    for name, at in [("delivered", 1_795_982_751), ("processed", 0), ("open", 2**33 - 1)]
]
OTHERS = ["sendgrid:ZXZlbnQ-1", "mail:" + "a" * 68, "hit:0123456789abcdef:000000000001"]


@pytest.fixture
def before(database_url: str, tmp_path: object) -> Store:
    """A store at the revision before, on each database."""
    url = database_url if not database_url.startswith("sqlite") else f"sqlite:///{tmp_path}/old.db"
    store = open_store(url)
    with store.engine.begin() as connection:
        if not store.is_sqlite:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        migrate(connection, "0028")
    return store


def test_an_event_of_before_is_known_by_its_new_key(before: Store) -> None:
    with before.engine.begin() as connection:
        for posted in POSTED:
            told = {name: one for name, one in posted.items() if name != "sg_event_id"}
            said = json.dumps(told, sort_keys=True).encode()
            key = f"sendgrid:{hashlib.sha256(said).hexdigest()}"
            connection.execute(text(EVENT), {"key": key, "at": stored(before, posted["timestamp"])})
        for key in OTHERS:
            connection.execute(text(EVENT), {"key": key, "at": stored(before, 1_795_982_751)})
    upgrade(before)
    assert schema_drift(before) == []
    again = parse_webhook(json.dumps(POSTED).encode(), TOKENS)
    with before.engine.connect() as connection:
        keys = set(connection.execute(text('SELECT "key" FROM event')).scalars())
        assert keys == {one.key for one in again} | set(OTHERS)
        if before.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
    before.close()


def stored(store: Store, seconds: object) -> object:
    at = datetime.fromtimestamp(int(str(seconds)), UTC)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if store.is_sqlite else at
