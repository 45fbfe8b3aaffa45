"""What somebody who means harm, or only scans, can't do."""

import base64
import random

import pytest
from starlette.testclient import TestClient

from store.engine import Store
from subscribers.tokens import Purpose
from tests.integration.web.rows import (
    ISSUE,
    add_delivery,
    add_issue,
    add_subscriber,
    events,
    everything,
)
from tests.integration.web.small_site import SmallSite, small_site
from tests.parts.links import make_token

PATHS = {
    Purpose.CLICK: "/l/1/{}",
    Purpose.OPEN: "/o/{}.gif",
    Purpose.UNSUBSCRIBE: "/unsubscribe/{}",
    Purpose.PREFERENCES: "/preferences/{}",
    Purpose.CONFIRM: "/confirm/{}",
    Purpose.VOTE: "/vote/{}",
    Purpose.ADDRESS: "/address/{}",
}
BAD_TOKENS = {
    "empty-looking": "%20",
    "short": "A" * 21,
    "long": "A" * 23,
    "another alphabet": "A" * 21 + "+",
    "not canonical": "A" * 21 + "B",
    "padded": "A" * 22 + "==",
    "not ascii": "ä" * 22,
    "nul": "%00" * 22,
    "invented": "Zm9vYmFyYmF6cXV4cXV1eA",
    "enormous": "A" * 60_000,
    "dots": "%2e%2e%2f%2e%2e",
    "template": "{{7*7}}",
    "markup": "<script>alert(1)</script>",
}
XSS = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}"
HOSTILE_TARGETS = (
    "https://example.org/\r\nSet-Cookie: stolen=1",
    "https://example.org/\nLocation: https://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "/relative",
    "https://example.org@evil.example/",
    "",
)


@pytest.fixture
def site(store: Store) -> SmallSite:
    return small_site(store)


@pytest.fixture
def anna(site: SmallSite) -> int:
    add_issue(site.store)
    number = add_subscriber(site.store, site.hasher)
    add_delivery(site.store, number)
    return number


def refused(client: TestClient, method: str, path: str) -> bool:
    """Whether the answer is a friendly page that says no, or for the pixel the pixel."""
    answer = client.request(method, path, data={"tracking": "off"} if method == "POST" else None)
    if path.startswith("/o/") and answer.status_code == 200:
        return bool(answer.headers["content-type"] == "image/gif")
    return answer.status_code in (404, 405) and "location" not in answer.headers


def test_a_token_serves_no_other_purpose(client: TestClient, site: SmallSite, anna: int) -> None:
    """Every purpose against every path, with every method (invariant 6, docs/invariants.md)."""
    before = everything(site.store)
    for wanted, path in PATHS.items():
        for purpose in Purpose:
            if purpose is wanted:
                continue
            token = make_token(site, purpose, anna, ISSUE)
            for method in ("GET", "HEAD", "POST"):
                assert refused(client, method, path.format(token)), (purpose, path, method)
    assert everything(site.store) == before


def test_a_bad_token_gets_a_page_that_says_what_to_do(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    before = everything(site.store)
    for name, token in BAD_TOKENS.items():
        for path in PATHS.values():
            for method in ("GET", "HEAD", "POST"):
                assert refused(client, method, path.format(token)), (name, path, method)
        page = client.get(f"/unsubscribe/{token}").text
        assert "reply to any issue" in page or "no such page" in page, name
        assert "alert(1)" not in page, name
    assert everything(site.store) == before


def test_another_sites_token_is_refused(client: TestClient, site: SmallSite, anna: int) -> None:
    foreign = type(site.tokens)(["the secret of somebody else's site"])
    for purpose, path in PATHS.items():
        assert refused(client, "POST", path.format(foreign.make(purpose, anna, ISSUE)))


def test_a_scanner_that_opens_everything_decides_nothing(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    """Invariant 5 (docs/invariants.md): it leaves events, and nothing a person decides."""
    before = everything(site.store, but=("event",))
    for purpose, path in PATHS.items():
        address = path.format(make_token(site, purpose, anna, ISSUE))
        for method in ("GET", "HEAD", "GET", "OPTIONS"):
            assert client.request(method, address).status_code in (200, 302, 405, 410)
    assert everything(site.store, but=("event",)) == before
    assert sorted({event.kind for event in events(site.store)}) == ["clicked", "opened"]


def test_a_stored_target_that_is_no_address_is_not_followed(
    client: TestClient, site: SmallSite
) -> None:
    """Neither a header of its own nor another scheme: the row may be older than its check."""
    add_issue(site.store, links=dict(enumerate(HOSTILE_TARGETS, start=1)))
    token = make_token(site, Purpose.CLICK, 0, ISSUE)
    for number, target in enumerate(HOSTILE_TARGETS, start=1):
        answer = client.get(f"/l/{number}/{token}")
        assert answer.status_code == 404, target
        assert "location" not in answer.headers, target
        assert "set-cookie" not in answer.headers, target
    assert events(site.store) == []


def test_nothing_in_the_address_can_name_a_target(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    token = make_token(site, Purpose.CLICK, anna, ISSUE)
    plain = client.get(f"/l/1/{token}").headers["location"]
    for query in ("?url=https://evil.example", "?next=//evil.example", "?u=%0d%0aX:%20y"):
        assert client.get(f"/l/1/{token}{query}").headers["location"] == plain
    assert client.get(f"/l/1/{token}/https://evil.example").status_code == 404


def test_hundreds_of_forged_links_are_none_of_ours(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    """Over HTTP, what `tests/unit/subscribers/test_forged_tokens.py` does a million times."""
    before = everything(site.store)
    own = make_token(site, Purpose.CLICK, anna, ISSUE)
    chance = random.Random(3)
    for _ in range(100):
        invented = base64.urlsafe_b64encode(chance.randbytes(16)).decode().rstrip("=")
        place = chance.randrange(22)
        altered = f"{own[:place]}{'A' if own[place] != 'A' else 'B'}{own[place + 1 :]}"
        for forged in (invented, altered, own[:place]):
            assert client.get(f"/l/1/{forged}").status_code == 404, forged
            assert client.get(f"/o/{forged}.gif").status_code in (200, 404), forged
    assert everything(site.store) == before
