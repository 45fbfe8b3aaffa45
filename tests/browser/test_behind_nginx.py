"""A reader's pages through the real nginx, by HTTP/2 and TLS, at the root and below a path."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlmodel import select

from digest.web.application import create_app
from digest.web.server import server_of
from store.engine import Store
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose
from tests.integration.web.rows import ISSUE, add_delivery, add_issue, add_subscriber
from tests.integration.web.small_site import SmallSite, small_site
from tests.parts.links import make_token
from tests.parts.servers.nginx import nginx

PREFIXES = ["", "/digest"]


@pytest.fixture(params=PREFIXES, ids=["root", "prefix"])
def home(
    request: pytest.FixtureRequest, sqlite_store: Store, tmp_path: Path
) -> Iterator[tuple[str, SmallSite]]:
    """The address of nginx, and the site behind it."""
    prefix = request.param
    site = small_site(sqlite_store)
    site = replace(site, brand=replace(site.brand, public_url=f"https://localhost{prefix}"))
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()
    server = server_of(create_app(site), stop)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with nginx(tmp_path, listener.getsockname()[1], prefix) as address:
            yield address, site
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def test_a_reader_comes_and_goes(home: tuple[str, SmallSite], page: Page) -> None:
    address, site = home
    add_issue(site.store)
    reader = add_subscriber(site.store, site.hasher)
    add_delivery(site.store, reader)
    failed: list[str] = []
    page.on("response", lambda one: failed.append(one.url) if one.status >= 400 else None)
    answer = page.goto(f"{address}/issues/")
    assert answer
    assert page.evaluate(PROTOCOL) == "h2"
    assert len(answer.headers["x-request-id"]) == 32  # nginx made it
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"  # styles came
    token = make_token(site, Purpose.UNSUBSCRIBE, reader, ISSUE)
    page.goto(f"{address}/unsubscribe/{token}")
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="unsubscribed").wait_for()
    with site.store.read() as session:
        assert session.exec(select(Subscriber.status)).one() == "unsubscribed"
    assert failed == []


PROTOCOL = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
