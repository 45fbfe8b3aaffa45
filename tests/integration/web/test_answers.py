"""What every answer has: safe headers, and friendly words when something is wrong."""

import json
import logging

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from digest.brand import Brand
from digest.logs.formatters import LogFormat, LogLevel
from digest.logs.setup import log_process
from digest.monitoring.heartbeats import beat, new_heartbeat
from digest.monitoring.tables import ProcessKind
from digest.web.application import create_app
from subscribers.tokens import Purpose
from tests.integration.web.rows import ISSUE, add_comparison, add_issue, add_subscriber
from tests.integration.web.small_site import SmallSite
from tests.parts.links import make_token


def paths(site: SmallSite) -> list[str]:
    add_issue(site.store)
    add_comparison(site.store)
    reader = add_subscriber(site.store, site.hasher)
    made = site.tokens.make
    return [
        "/",
        "/issues/",
        f"/issues/{ISSUE}",
        "/comparisons/alpha-vs-beta",
        "/tools/alpha",
        f"/unsubscribe/{made(Purpose.UNSUBSCRIBE, reader, ISSUE)}",
        f"/preferences/{made(Purpose.PREFERENCES, reader, ISSUE)}",
        f"/l/1/{made(Purpose.CLICK, reader, ISSUE)}",
        f"/o/{made(Purpose.OPEN, reader, ISSUE)}.gif",
        "/static/site.css",
        "/robots.txt",
        "/health",
        "/ready",
        "/nothing",
    ]


def test_every_answer_has_safe_headers(client: TestClient, site: SmallSite) -> None:
    for path in paths(site):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert "referrer-policy" in headers, path


def test_every_page_says_its_language_and_needs_no_script_or_inline_style(
    client: TestClient, site: SmallSite
) -> None:
    for path in paths(site):
        page = client.get(path)
        if not page.headers.get("content-type", "").startswith("text/html"):
            continue
        assert '<html lang="en"' in page.text, path
        assert "<script" not in page.text, path
        if path != f"/issues/{ISSUE}":
            assert "style=" not in page.text, path
            assert page.text.count("<h1") == 1, path


def test_every_address_answers_head(client: TestClient, site: SmallSite) -> None:
    for path in paths(site):
        assert client.head(path).status_code == client.get(path).status_code, path


def test_a_method_that_is_not_taken_gets_a_page(client: TestClient) -> None:
    answer = client.delete("/issues/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "ordinary link" in answer.text


def test_a_fault_is_a_page_without_a_traceback(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        msg = "a secret detail"
        raise RuntimeError(msg)

    token = make_token(site, Purpose.UNSUBSCRIBE, 1)
    monkeypatch.setattr(site.store, "read", fail)
    with caplog.at_level(logging.INFO, logger="digest"):
        answer = TestClient(create_app(site), raise_server_exceptions=False).get(
            f"/unsubscribe/{token}"
        )
    assert answer.status_code == 500
    assert "The fault is ours" in answer.text
    assert "secret detail" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("digest")]
    assert ours
    assert token not in " ".join(ours)


def test_a_database_that_fails_asks_to_come_back(
    client: TestClient, site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(site.store, "read", fail)
    answer = client.get("/issues/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "Nothing is lost" in answer.text
    monkeypatch.setattr(type(site.store.engine), "connect", fail)
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 200


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "alive"}
    assert client.get("/ready").json() == {
        "status": "ready",
        "worker": "not seen lately",
        "scheduler": "not seen lately",
    }


def test_readiness_tells_of_a_worker(client: TestClient, site: SmallSite) -> None:
    beat(site.store, [new_heartbeat(ProcessKind.WORKER, site.clock())], site.clock())
    assert client.get("/ready").json()["worker"] == "seen lately"


def test_an_answer_names_its_request(client: TestClient) -> None:
    assert len(client.get("/issues/").headers["x-request-id"]) == 16
    given = client.get("/nothing", headers={"X-Request-ID": "from-the-proxy.1"})
    assert given.headers["x-request-id"] == "from-the-proxy.1"


def test_a_fault_and_its_log_line_have_the_same_request_id(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such user ana@example.org")

    monkeypatch.setattr(site.store, "read", fail)
    client = TestClient(create_app(site), raise_server_exceptions=False)
    log_process(LogFormat.JSON, LogLevel.INFO)
    answer = client.get("/issues/", headers={"X-Request-ID": "one"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "one"
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["message"], one["request_id"]) for one in lines] == [
        ("a fault in GET /issues/: RuntimeError", "one")
    ]


def test_robots_are_kept_from_readers_links(client: TestClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    for path in ("/l/", "/o/", "/unsubscribe/", "/preferences/"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /" not in lines


def test_a_static_files_address_changes_with_the_file(client: TestClient) -> None:
    page = client.get("/issues/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = client.get(address)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert "?v=" in address


@pytest.mark.parametrize("prefix", ["", "/digest"])
def test_a_site_below_a_path_works_whether_or_not_the_proxy_takes_it_off(
    site: SmallSite, prefix: str
) -> None:
    below = type(site)(
        site.store,
        site.tokens,
        site.hasher,
        Brand("Weekly Verdicts", "https://example.org/digest", "12 Example Road"),
        site.preview,
        site.clock,
    )
    client = TestClient(create_app(below), follow_redirects=False)
    page = client.get(f"{prefix}/issues/")
    assert page.status_code == 200
    assert 'href="/digest/issues/"' in page.text
    assert client.get(f"{prefix}/").headers["location"] == "/digest/issues/"
    assert client.get(f"{prefix}/static/site.css").status_code == 200
