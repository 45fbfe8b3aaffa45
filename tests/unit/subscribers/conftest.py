"""A list of people in SQLite."""

from collections.abc import Callable

import pytest
from sqlmodel import select

from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Subscriber

SECRET = "a secret of the tests, long enough"


@pytest.fixture
def hasher() -> AddressHasher:
    return AddressHasher(SECRET)


@pytest.fixture
def people(sqlite_store: Store) -> Callable[[], list[tuple[str, str, str]]]:
    """Everybody on the list as (address, first name, status), in the order they came."""

    def read() -> list[tuple[str, str, str]]:
        with sqlite_store.read() as session:
            rows = session.exec(select(Subscriber).order_by(Subscriber.id)).all()
            return [(one.email, one.first_name, one.status) for one in rows]

    return read
