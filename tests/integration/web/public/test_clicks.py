"""Clicks and opens: stored first, then answered; targets come from the store alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from digest.render.links import LinkRegistry
from digest.track.hits.writer import HitWriter
from digest.web.application import create_app
from digest.web.public.clicks import PIXEL
from store.engine import Store
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose
from tests.integration.web.rows import (
    ISSUE,
    TARGET,
    add_delivery,
    add_issue,
    add_subscriber,
    events,
)
from tests.integration.web.small_site import BRAND, SmallSite, small_site
from tests.parts.links import make_token


@pytest.fixture
def site(store: Store) -> SmallSite:
    return small_site(store)


@pytest.fixture
def anna(site: SmallSite) -> int:
    add_issue(site.store)
    number = add_subscriber(site.store, site.hasher)
    add_delivery(site.store, number)
    return number


def click(site: SmallSite, subscriber: int, number: object = 1, issue: int = ISSUE) -> str:
    return f"/l/{number}/{make_token(site, Purpose.CLICK, subscriber, issue)}"


def pixel(site: SmallSite, subscriber: int, issue: int = ISSUE) -> str:
    return f"/o/{make_token(site, Purpose.OPEN, subscriber, issue)}.gif"


@pytest.mark.parametrize(
    "target",
    [
        "https://a.example/compare#:~:text=the%20verdict",
        "https://a.example/compare#top:~:text=prefix-,the%20verdict,-suffix&text=x",
        "https://a.example/app#/tools#prices",
        "https://a.example/compare/alder's-rival?q='x'",
        "https://A.Example:443/%7euser/~sam/a;b=(c)*!$,+@:&=?/?",
    ],
)
def test_a_target_arrives_byte_for_byte(client: TestClient, site: SmallSite, target: str) -> None:
    """From a template's link through the store to the header that a browser follows."""
    registry = LinkRegistry(BRAND.public_url, tracked=True)
    registry.to("comparison", "x", target)
    add_issue(site.store, links={one.number: one.url for one in registry.links})
    number = add_subscriber(site.store, site.hasher)
    add_delivery(site.store, number)
    for method in ("GET", "HEAD"):
        answer = client.request(method, click(site, number), follow_redirects=False)
        assert answer.status_code == 302
        assert dict(answer.headers.raw)[b"location"] == target.encode("ascii")


def test_a_click_leads_to_the_stored_target(client: TestClient, site: SmallSite, anna: int) -> None:
    answer = client.get(click(site, anna))
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_a_click_is_an_event_of_the_delivery(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    client.get(click(site, anna), headers={"User-Agent": "Mozilla/5.0 (a phone)"})
    (event,) = events(site.store)
    assert (event.kind, event.issue_number, event.link_number) == ("clicked", ISSUE, 1)
    assert event.delivery_id is not None
    assert event.machine is None
    assert event.detail == {"method": "GET", "user_agent": "Mozilla/5.0 (a phone)"}


def test_head_leads_the_same_way_and_says_so(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    answer = client.head(click(site, anna))
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    (event,) = events(site.store)
    assert event.detail["method"] == "HEAD"


def test_every_click_counts(client: TestClient, site: SmallSite, anna: int) -> None:
    for _ in range(3):
        client.get(click(site, anna))
    assert len(events(site.store)) == 3


def test_the_event_is_committed_before_the_answer(
    client: TestClient, site: SmallSite, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a commit there is no redirect (invariant 7, docs/invariants.md)."""
    write = site.store.write

    @contextmanager
    def unlucky() -> Iterator[Session]:
        with write() as session:
            yield session
            msg = "the disk is full"
            raise OSError(msg)

    monkeypatch.setattr(site.store, "write", unlucky)
    answer = client.get(click(site, anna))
    assert (answer.status_code, "location" in answer.headers) == (503, False)
    assert events(site.store) == []
    # The way there all the same: by itself in a moment, and at once for who won't wait.
    assert answer.headers["refresh"] == answer.headers["retry-after"] == "3"
    assert f'href="{TARGET.replace("&", "&amp;")}"' in answer.text
    assert client.get(pixel(site, anna)).content == PIXEL


def test_what_fails_for_a_moment_is_counted_when_it_is_asked_again(
    client: TestClient, site: SmallSite, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(site.store, "write", site.store.read)
        broken.setattr(HitWriter, "write", lambda *_: 1 / 0)
        assert client.get(click(site, anna)).status_code == 503
    assert client.get(click(site, anna)).status_code == 302
    assert len(events(site.store)) == 1


@pytest.mark.parametrize("off", ["opens", "clicks"])
def test_what_is_switched_off_for_everybody_leaves_nothing(
    site: SmallSite, anna: int, off: str
) -> None:
    app = create_app(replace(site, tracking=replace(site.tracking, **{off: False})))
    client = TestClient(app, BRAND.public_url, follow_redirects=False)
    assert client.get(click(site, anna)).headers["location"] == TARGET
    assert client.get(pixel(site, anna)).content == PIXEL
    left = {"opens": "clicked", "clicks": "opened"}[off]
    assert [event.kind for event in events(site.store)] == [left]


def test_an_untracked_reader_is_led_on_and_stays_nobody(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    assert client.get(click(site, 0)).headers["location"] == TARGET
    client.get(pixel(site, 0))
    assert [event.delivery_id for event in events(site.store)] == [None, None]


def test_switching_tracking_off_holds_for_mail_already_sent(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    with site.store.write() as session:
        subscriber = session.get(Subscriber, anna)
        assert subscriber is not None
        subscriber.tracking = False
    assert client.get(click(site, anna)).headers["location"] == TARGET
    client.get(pixel(site, anna))
    assert [event.delivery_id for event in events(site.store)] == [None, None]


def test_a_link_the_issue_does_not_have_leads_nowhere(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    for number in ("2", "0", "-1", "1.5", "x", "9" * 5000, "%00", "١"):
        answer = client.get(click(site, anna, number))
        assert answer.status_code == 404, number
        assert "location" not in answer.headers, number
    assert events(site.store) == []


def test_the_token_says_which_issue(client: TestClient, site: SmallSite, anna: int) -> None:
    add_issue(site.store, 8, links={1: "https://example.org/eight", 2: "https://example.org/"})
    assert client.get(click(site, anna, 1, issue=8)).headers["location"].endswith("/eight")
    assert client.get(click(site, anna, 2, issue=ISSUE)).status_code == 404


def test_loading_the_pixel_is_an_open(client: TestClient, site: SmallSite, anna: int) -> None:
    answer = client.get(pixel(site, anna))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content == PIXEL
    assert answer.headers["cache-control"] == "no-store"
    (event,) = events(site.store)
    assert (event.kind, event.issue_number) == ("opened", ISSUE)
    assert event.delivery_id is not None


def test_a_bad_pixel_is_still_a_pixel_and_leaves_nothing(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    for token in ("x", "A" * 22, "é" * 22, "A" * 60_000):
        answer = client.get(f"/o/{token}.gif")
        assert (answer.status_code, answer.content) == (200, PIXEL), token[:30]
    assert events(site.store) == []


def test_the_pixel_of_an_issue_that_is_not_there_leaves_nothing(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    assert client.get(pixel(site, anna, issue=99)).status_code == 200
    assert events(site.store) == []


def test_a_user_agent_can_be_anything(client: TestClient, site: SmallSite, anna: int) -> None:
    headers = {"User-Agent": "\x01\x7f" + "x" * 5000}
    assert client.get(click(site, anna), headers=headers).status_code == 302
    (event,) = events(site.store)
    assert event.detail["user_agent"] == "x" * 300


def test_a_gateways_network_is_kept_by_name_and_no_address_is(site: SmallSite, anna: int) -> None:
    for address in ("64.235.150.7", "192.0.2.7"):
        line = TestClient(
            create_app(site), BRAND.public_url, follow_redirects=False, client=(address, 5)
        )
        line.get(click(site, anna))
    gateway, other = events(site.store)
    assert gateway.detail["network"] == "barracuda"
    assert "network" not in other.detail
    assert not any(one in str(gateway.detail) + str(other.detail) for one in ("64.235", "192.0.2"))
