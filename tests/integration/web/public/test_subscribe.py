"""Signing up: one way for page, form and JSON; nothing tells whether an address is known."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from digest.deliver.transactional.tables import TransactionalMessage
from digest.readers.signup import MESSAGES_PER_DAY, comparison_in
from store.engine import Store
from subscribers.service import erase_subscriber
from subscribers.suppression import suppress
from subscribers.tables import Subscriber, SuppressionReason
from subscribers.tokens import Purpose
from tests.integration.web.public.signing_up import (
    PAGE,
    confirm_link,
    letters,
    proofs,
    sign_up,
    status,
)
from tests.integration.web.rows import NOW, add_comparison, add_subscriber, everything
from tests.integration.web.small_site import BRAND, SmallSite, small_site
from tests.parts.links import make_token
from tests.parts.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def site(store: Store, clock: Clock) -> SmallSite:
    return replace(small_site(store), clock=clock)


def test_a_request_makes_a_pending_reader_a_proof_and_a_letter(
    client: TestClient, site: SmallSite
) -> None:
    sign_up(client, " Ana@Example.org ", first_name="Ana")
    with site.store.read() as session:
        person = session.exec(select(Subscriber)).one()
    assert (person.email, person.first_name, person.status) == (
        "Ana@example.org",
        "",
        "pending",
    )
    (proof,) = proofs(site)
    assert (proof.kind, proof.source, proof.form, proof.at) == ("requested", PAGE, "page-1", NOW)
    assert proof.wording == (
        f"Send me {BRAND.name} by email. I can unsubscribe at any time, in one click."
    )
    assert (proof.ip, proof.user_agent) == ("testclient", "testclient")
    assert letters(site) == ["confirmation"]


def test_the_button_behind_the_link_confirms_and_looking_does_not(
    client: TestClient, site: SmallSite
) -> None:
    sign_up(client)
    before = everything(site.store)
    for method in ("GET", "HEAD", "OPTIONS"):
        client.request(method, confirm_link(site))
    assert everything(site.store) == before
    assert "You are on the list" in client.post(confirm_link(site)).text
    assert status(site) == "active"
    assert letters(site) == ["confirmation", "welcome"]
    assert [one.kind for one in proofs(site)] == ["requested", "confirmed"]
    assert proofs(site)[-1].form == "confirm-1"
    assert proofs(site)[-1].source == PAGE


def test_confirming_twice_is_as_good_as_once(client: TestClient, site: SmallSite) -> None:
    sign_up(client)
    client.post(confirm_link(site))
    once = everything(site.store)
    assert client.post(confirm_link(site)).status_code == 200
    assert everything(site.store) == once


def test_the_welcome_knows_the_comparison_the_reader_came_from(
    client: TestClient, site: SmallSite
) -> None:
    add_comparison(site.store)
    sign_up(client)
    client.post(confirm_link(site))
    with site.store.read() as session:
        welcome = session.exec(
            select(TransactionalMessage).where(TransactionalMessage.kind == "welcome")
        ).one()
    assert welcome.context == {"comparison": "alpha-vs-beta"}


@pytest.mark.parametrize(
    ("source", "slug"),
    [
        (PAGE, "alpha-vs-beta"),
        (f"{PAGE}/?utm=x#top", "alpha-vs-beta"),
        ("/comparisons/alpha-vs-beta", "alpha-vs-beta"),
        ("https://site.example/", ""),
        ("https://[", ""),
        ("", ""),
        ("/comparisons/a%00b", ""),
    ],
)
def test_a_source_names_a_comparison_or_none(source: str, slug: str) -> None:
    assert comparison_in(source) == slug


def test_every_address_gets_the_same_answer(client: TestClient, site: SmallSite) -> None:
    """Unknown, pending, active, left, bounced, complained, erased: nothing tells them apart."""
    for state in ("pending", "active", "unsubscribed", "bounced", "complained"):
        add_subscriber(site.store, site.hasher, f"{state}@example.org", status=state)
    with site.store.write() as session:
        erase_subscriber(session, site.hasher, "erased@example.org", NOW)
    names = ("new", "pending", "active", "unsubscribed", "bounced", "complained", "erased")
    pages = {sign_up(client, f"{name}@example.org") for name in names}
    answers = [
        client.post("/api/v1/subscribers", json={"email": f"{name}2@example.org"}) for name in names
    ]
    assert len(pages) == 1
    assert {(one.status_code, one.text) for one in answers} == {(202, answers[0].text)}


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("pending", None, ["confirmation"]),
        ("unsubscribed", SuppressionReason.UNSUBSCRIBED, ["confirmation"]),
        ("active", None, ["already"]),
        ("bounced", SuppressionReason.BOUNCED, []),
        ("complained", SuppressionReason.COMPLAINED, []),
        ("active", SuppressionReason.MANUAL, []),
    ],
)
def test_what_is_mailed_depends_on_who_it_is(
    client: TestClient,
    site: SmallSite,
    state: str,
    reason: SuppressionReason | None,
    expected: list[str],
) -> None:
    add_subscriber(site.store, site.hasher, "ana@example.org", status=state)
    if reason:
        with site.store.write() as session:
            suppress(session, site.hasher.hash("ana@example.org"), None, reason, NOW)
    sign_up(client)
    assert letters(site) == expected
    assert status(site) == state


def test_who_left_comes_back_by_confirming(client: TestClient, site: SmallSite) -> None:
    sign_up(client)
    client.post(confirm_link(site))
    client.post(f"/unsubscribe/{make_token(site, Purpose.UNSUBSCRIBE, 1)}")
    assert client.post(confirm_link(site)).status_code == 410, "the old link brings nobody back"
    assert status(site) == "unsubscribed"
    sign_up(client)
    assert status(site) == "unsubscribed"
    client.post(confirm_link(site))
    assert status(site) == "active"


def test_who_was_erased_comes_back_by_their_own_wish(client: TestClient, site: SmallSite) -> None:
    with site.store.write() as session:
        erase_subscriber(session, site.hasher, "ana@example.org", NOW)
    sign_up(client)
    assert letters(site) == ["confirmation"]
    client.post(confirm_link(site))
    assert status(site) == "active"


def test_a_request_can_be_confirmed_for_a_month(
    client: TestClient, site: SmallSite, clock: Clock
) -> None:
    sign_up(client)
    clock.now = NOW + timedelta(days=30, seconds=1)
    for answer in (client.get(confirm_link(site)), client.post(confirm_link(site))):
        assert answer.status_code == 410
        assert "Sign up once more" in answer.text
    assert status(site) == "pending"


def test_a_wrong_address_is_said_on_the_form_with_what_was_entered(
    client: TestClient, site: SmallSite
) -> None:
    answer = client.post("/subscribe", data={"email": 'ana"@', "first_name": "<b>", "source": PAGE})
    assert answer.status_code == 400
    assert "That address can't be right" in answer.text
    assert "<b>" not in answer.text
    assert PAGE in answer.text
    with site.store.read() as session:
        assert session.exec(select(Subscriber)).all() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"email": 1}',
        b'{"email": null}',
        b"\xff",
        b"[" * 60_000,
        b'{"email": "a@b.example", "source": []}',
        b"{}",
        b'{"email": "a\\u0000@example.org"}',
        b'{"email": "\\ud800@example.org"}',
    ],
)
def test_what_is_no_request_gets_one_line_that_says_so(
    client: TestClient, site: SmallSite, body: bytes
) -> None:
    answer = client.post("/api/v1/subscribers", content=body)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["error"]


def test_words_from_anywhere_are_kept_printable(client: TestClient, site: SmallSite) -> None:
    given = {
        "email": "ana@example.org",
        "first_name": "A\x00na\ud800",
        "source": "x\x00\ud800" * 200,
        "wording": "I agree\x00 to\nthis.",
    }
    answer = client.post(
        "/api/v1/subscribers", content=json.dumps(given), headers={"user-agent": "a\x01b"}
    )
    assert answer.status_code == 202
    (proof,) = proofs(site)
    assert proof.wording == "I agree to this."
    assert proof.form == "json-1"
    assert len(proof.source) == 200
    assert proof.user_agent == "ab"


def test_any_site_may_post_json(client: TestClient) -> None:
    asked = client.options(
        "/api/v1/subscribers",
        headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"},
    )
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    answer = client.post("/api/v1/subscribers", json={"email": "ana@example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers


def test_a_form_elsewhere_may_leave_its_page_to_the_browser(
    client: TestClient, site: SmallSite
) -> None:
    given = {"email": "ana@example.org", "form": "embed"}
    client.post("/subscribe", data=given, headers={"referer": PAGE})
    (proof,) = proofs(site)
    assert (proof.source, proof.form) == (PAGE, "embed-1")


def test_eight_requests_at_once_make_one_reader_and_one_letter(
    client: TestClient, site: SmallSite
) -> None:
    together = threading.Barrier(8)

    def post(_: int) -> int:
        own = TestClient(client.app)
        together.wait()
        return own.post("/subscribe", data={"email": "ana@example.org"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(post, range(8))) == [200] * 8
    assert status(site) == "pending"
    assert letters(site) == ["confirmation"]
    assert len(proofs(site)) == MESSAGES_PER_DAY


def test_a_form_that_breaks_off_leaves_nothing_and_is_no_fault(
    client: TestClient, site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    parts = iter(
        [
            {"type": "http.request", "body": b"email=ana", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> dict[str, Any]:
        return next(parts)

    async def send(message: dict[str, Any]) -> None:
        del message

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/subscribe",
        "headers": [],
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "https",
    }
    with ThreadPoolExecutor(1) as thread:
        # Of its own: a browser of another test may hold this one's loop.
        thread.submit(asyncio.run, client.app(scope, receive, send)).result()  # type: ignore[arg-type]
    assert letters(site) == []
    assert "fault" not in caplog.text
