"""The whole application with one draft, and a client that asks as the studio's own pages do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from store.engine import Store
from tests.parts.issues.studio import Studio, open_studio

OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def office(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path)
    yield made
    made.close()


@pytest.fixture
def editor(office: Studio) -> TestClient:
    return TestClient(office.asgi(), "http://127.0.0.1:8026", headers=OWN, follow_redirects=False)
