"""`site` stands on SQLite; a module whose tests depend on the database makes its own."""

import pytest
from starlette.testclient import TestClient

from digest.web.application import create_app
from store.engine import Store
from tests.integration.web.small_site import BRAND, SmallSite, small_site


@pytest.fixture
def site(sqlite_store: Store) -> SmallSite:
    return small_site(sqlite_store)


@pytest.fixture
def client(site: SmallSite) -> TestClient:
    """Follows no redirect: where one leads is what the tests look at."""
    return TestClient(create_app(site), BRAND.public_url, follow_redirects=False)


@pytest.fixture
def studio(site: SmallSite) -> TestClient:
    return TestClient(
        create_app(site, studio=True), "http://127.0.0.1:8001", follow_redirects=False
    )
