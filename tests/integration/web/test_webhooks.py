"""POST /webhooks/sendgrid through the whole application, on both databases."""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.testclient import TestClient

from digest.track.provider_events.sendgrid import MAX_WEBHOOK_BYTES, parse_webhook
from digest.track.provider_events.sendgrid_signature import SignatureVerifier
from digest.track.provider_events.webhook_ingest import webhook_ingest
from digest.web.application import create_app
from store.engine import Store
from subscribers.tokens import Purpose
from tests.integration.web.rows import (
    ISSUE,
    NOW,
    add_delivery,
    add_issue,
    add_subscriber,
    events,
    everything,
)
from tests.integration.web.small_site import BRAND, SmallSite, small_site
from tests.parts.links import make_token
from tests.parts.sendgrid_events import SIGNATURE, TIMESTAMP, Hook, body_of, event

PATH = "/webhooks/sendgrid"
HOOK = Hook()


@pytest.fixture
def site(store: Store) -> SmallSite:
    """On both databases: they keep events unique."""
    return replace(small_site(store), signature_verifier=SignatureVerifier([HOOK.key]))


@pytest.fixture
def reader(site: SmallSite) -> int:
    person = add_subscriber(site.store, site.hasher)
    add_issue(site.store)
    add_delivery(site.store, person)
    return person


def told(site: SmallSite, reader: int, name: str = "open", **more: Any) -> dict[str, Any]:
    return event(name, make_token(site, Purpose.DELIVERY, reader, ISSUE), NOW, **more)


def post(client: TestClient, body: bytes, headers: dict[str, str] | None = None) -> Any:
    signed = HOOK.sign(body, NOW) if headers is None else headers
    return client.post(PATH, content=body, headers={"Content-Type": "application/json"} | signed)


def test_what_was_posted_is_durable_when_it_answers(
    site: SmallSite, client: TestClient, reader: int
) -> None:
    body = body_of([told(site, reader, sg_machine_open=True), told(site, reader, "spamreport")])
    answer = post(client, body)
    assert (answer.status_code, answer.content) == (204, b"")
    # Both are stored by one statement, which promises no order.
    stored = {(one.kind, one.machine) for one in events(site.store)}
    assert stored == {("opened", True), ("complained", None)}
    assert post(client, body).status_code == 204
    assert len(events(site.store)) == 2


def test_a_post_of_768_kb_is_taken_and_a_larger_one_refused(
    site: SmallSite, client: TestClient, reader: int
) -> None:
    many = [told(site, reader, useragent="Mozilla/5.0 (X11)") for _ in range(1_500)]
    body = body_of(many)
    body += b" " * (MAX_WEBHOOK_BYTES - len(body))
    assert len(body) == 768 * 1024
    assert post(client, body).status_code == 204
    assert len(events(site.store)) == 1_500
    refused = post(client, body + b" ")
    assert refused.status_code == 413
    assert refused.text.count("\n") == 1


def test_one_odd_event_does_not_lose_the_others(
    site: SmallSite, client: TestClient, reader: int
) -> None:
    odd: list[Any] = [{"event": "open"}, event("open", None, NOW, timestamp="1"), None, [1], {}]
    body = body_of([*odd, told(site, reader, "spamreport")])
    assert post(client, body).status_code == 204
    assert "complained" in {one.kind for one in events(site.store)}
    assert len(events(site.store)) == len(odd) + 1


def test_thirty_equal_posts_at_once_are_stored_once_whoever_takes_them(
    site: SmallSite, reader: int
) -> None:
    """As several processes over one database do: each has an ingest of its own."""
    body = body_of([told(site, reader, name) for name in ("bounce", "spamreport", "unsubscribe")])
    parsed = parse_webhook(body, site.tokens)

    def store_it(_: int) -> None:
        async def put() -> None:
            ingest = webhook_ingest(site.store, site.hasher, site.clock)
            await ingest.put(list(reversed(parsed)) if _ % 2 else parsed)

        asyncio.run(put())

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(store_it, range(30)))
    assert sorted(one.kind for one in events(site.store)) == [
        "bounced",
        "complained",
        "unsubscribed",
    ]


def changed(headers: dict[str, str], **values: str) -> dict[str, str]:
    names = {"signature": SIGNATURE, "stamp": TIMESTAMP}
    return headers | {names[name]: value for name, value in values.items()}


BODY = body_of([event("delivered", None, NOW)])
GOOD = HOOK.sign(BODY, NOW)


@pytest.mark.parametrize(
    "posted",
    [
        (403, BODY, {}),
        (403, BODY, Hook().sign(BODY, NOW)),
        (403, BODY + b" ", GOOD),
        (403, BODY, changed(GOOD, signature="AAAA")),
        (403, BODY, changed(GOOD, signature="not base64")),
        (403, BODY, changed(GOOD, stamp="soon")),
        (403, BODY, HOOK.sign(BODY, NOW - timedelta(days=2))),
        (403, BODY, HOOK.sign(BODY, NOW + timedelta(hours=1))),
        (400, b"", None),
        (400, b"event=delivered", None),
        (400, b"{}", None),
        (400, BODY[:-4], None),
    ],
)
def test_forged_stale_and_garbled_posts_are_refused_and_leave_nothing(
    site: SmallSite,
    client: TestClient,
    reader: int,
    caplog: pytest.LogCaptureFixture,
    posted: tuple[int, bytes, dict[str, str] | None],
) -> None:
    status, body, headers = posted
    before = everything(site.store)
    with caplog.at_level(logging.WARNING):
        answer = post(client, body, headers)
    assert answer.status_code == status
    assert answer.text.strip().count("\n") == 0
    assert answer.text.strip()
    assert [one.levelname for one in caplog.records if "webhooks" in one.message] == ["WARNING"]
    assert "Traceback" not in caplog.text
    assert everything(site.store) == before


def test_without_a_key_nothing_is_believed(site: SmallSite, reader: int) -> None:
    bare = replace(site, signature_verifier=SignatureVerifier([]))
    client = TestClient(create_app(bare), BRAND.public_url)
    answer = post(client, BODY)
    assert answer.status_code == 403
    assert "DIGEST_SENDGRID_WEBHOOK_KEY" in answer.text
    assert events(site.store) == []


def test_a_post_that_breaks_off_leaves_nothing(
    site: SmallSite, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    parts = iter(
        [
            {"type": "http.request", "body": BODY[:10], "more_body": True},
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
        "path": PATH,
        "headers": [(name.lower().encode(), value.encode()) for name, value in GOOD.items()],
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "https",
    }
    with ThreadPoolExecutor(1) as thread:
        # Of its own: a browser of another test may hold this one's loop.
        thread.submit(asyncio.run, client.app(scope, receive, send)).result()  # type: ignore[arg-type]
    assert events(site.store) == []
    assert "fault" not in caplog.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_posts_are_taken(client: TestClient, method: str) -> None:
    assert client.request(method, PATH).status_code == 405


def test_a_replayed_post_changes_nothing(site: SmallSite, client: TestClient, reader: int) -> None:
    body = body_of([told(site, reader, "bounce", type="bounce", status="5.1.1")])
    assert post(client, body).status_code == 204
    before = everything(site.store)
    for _ in range(3):
        assert post(client, body).status_code == 204
    assert everything(site.store) == before


def test_where_the_database_fails_it_asks_to_be_told_again(
    site: SmallSite, client: TestClient, reader: int
) -> None:
    body = body_of([told(site, reader)])
    with site.store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE event RENAME TO elsewhere"))
    quiet = TestClient(client.app, BRAND.public_url, raise_server_exceptions=False)
    assert post(quiet, body).status_code >= 500
    with site.store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO event"))
    assert post(client, body).status_code == 204
    assert len(events(site.store)) == 1


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps(text).encode())
)
def test_signed_garbage_of_any_kind_is_refused(
    site: SmallSite, client: TestClient, body: bytes
) -> None:
    assert post(client, body).status_code in ({204} if body.strip() == b"[]" else {400})
    assert events(site.store) == []


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_a_post_with_any_bit_turned_is_forged(
    site: SmallSite, client: TestClient, place: int, bit: int
) -> None:
    turned = bytearray(BODY)
    turned[place] ^= 1 << bit
    assert post(client, bytes(turned), GOOD).status_code == 403
    assert events(site.store) == []
