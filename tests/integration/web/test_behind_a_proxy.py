"""What stands between a reader and the site: a proxy, a path prefix, a mail program's link."""

import logging
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from digest.web.application import create_app
from subscribers.links import link_token
from subscribers.tables import Subscriber, SubscriberStatus
from subscribers.tokens import Purpose
from tests.integration.web.rows import add_delivery, add_issue, add_subscriber
from tests.integration.web.small_site import BRAND, SmallSite

FORWARDED = {"X-Forwarded-For": "198.51.100.7"}


@pytest.fixture
def token(site: SmallSite) -> str:
    add_issue(site.store)
    number = add_subscriber(site.store, site.hasher)
    add_delivery(site.store, number)
    with site.store.read() as session:
        return link_token(site.tokens, Purpose.UNSUBSCRIBE, session.get_one(Subscriber, number))


@pytest.mark.parametrize(
    "tail", ["/", ".", ")", "%3E", ">", ").", "%22", ",", "%20", "%E2%80%9D", "!"]
)
def test_an_unsubscribe_link_works_with_whatever_a_mail_program_left_at_its_end(
    site: SmallSite, client: TestClient, token: str, tail: str
) -> None:
    assert client.get(f"/unsubscribe/{token}{tail}").status_code == 200
    assert client.post(f"/unsubscribe/{token}{tail}").status_code == 200
    with site.store.read() as session:
        reader = session.get_one(Subscriber, 1)
    assert reader.status == SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("tail", ["x", "/x", "-", "A", "." * 20, "/../health"])
def test_what_is_no_tail_makes_no_link(client: TestClient, token: str, tail: str) -> None:
    assert client.post(f"/unsubscribe/{token}{tail}").status_code in {400, 404, 405}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "forwarded by" in one.getMessage()]


def test_a_proxy_that_nobody_named_is_told_of_once(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    app = ProxyHeadersMiddleware(create_app(site), "127.0.0.1")  # type: ignore[arg-type]
    client = TestClient(app, BRAND.public_url, client=("172.18.0.1", 40_000))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            client.get("/health", headers=FORWARDED)
    assert len(warnings(caplog)) == 1
    assert "FORWARDED_ALLOW_IPS=172.18.0.1" in warnings(caplog)[0]


def test_a_proxy_that_is_named_is_not(site: SmallSite, caplog: pytest.LogCaptureFixture) -> None:
    app = ProxyHeadersMiddleware(create_app(site), "172.16.0.0/12")  # type: ignore[arg-type]
    client = TestClient(app, BRAND.public_url, client=("172.18.0.1", 40_000))
    with caplog.at_level(logging.WARNING):
        client.get("/health", headers=FORWARDED)
        client.get("/health")
    assert warnings(caplog) == []


@pytest.mark.parametrize("given", ["203.0.113.9:4711", "[2001:db8::9]:4711"])
def test_a_named_proxy_that_forwards_ports_is_not_and_no_reader_is_advised_to_be_trusted(
    site: SmallSite, caplog: pytest.LogCaptureFixture, given: str
) -> None:
    app = ProxyHeadersMiddleware(create_app(site), "172.16.0.0/12")  # type: ignore[arg-type]
    client = TestClient(app, BRAND.public_url, client=("172.18.0.1", 40_000))
    with caplog.at_level(logging.WARNING):
        client.get("/health", headers={"X-Forwarded-For": given})
    assert warnings(caplog) == []


def test_below_a_path_the_root_and_robots_txt_name_it(site: SmallSite) -> None:
    below = replace(site, brand=replace(BRAND, public_url="https://example.org/digest"))
    client = TestClient(create_app(below), "https://example.org", follow_redirects=False)
    assert client.get("/digest").headers["location"] == "/digest/issues/"
    robots = client.get("/digest/robots.txt").text
    assert "Disallow: /digest/unsubscribe/" in robots
    assert "Disallow: /unsubscribe/" not in robots
