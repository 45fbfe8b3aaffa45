"""The web over the real pipeline: drafted, approved, sent, and looked at."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlmodel import select
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.catalog.tables import Tool
from digest.issues.tables import Issue, Link
from digest.render.slots import MARKS
from digest.settings import Settings
from digest.web.application import create_app
from store.engine import Store
from subscribers.tokens import Purpose
from tests.integration.web.rows import NOW, add_comparison, everything
from tests.parts.links import make_token


@pytest.fixture
def app(sqlite_store: Store, tmp_path: Path) -> Iterator[App]:
    settings = Settings(
        _env_file=None,
        public_url="https://digest.example.org",
        secret_key="a secret of the tests that is long enough",
        outbox_dir=tmp_path / "outbox",
    )
    opened = bootstrap(settings, store=sqlite_store, clock=lambda: NOW)
    add_comparison(sqlite_store, url="https://example.org/alpha-vs-beta?a=1&b=2")
    yield opened
    opened.provider.close()


def finished(app: App) -> int:
    number = app.issues.draft()
    app.issues.approve(number, by="an editor")
    with app.store.write() as session:
        issue = session.get(Issue, number)
        assert issue is not None
        issue.state, issue.send_at = "finished", NOW
    return number


def test_the_archive_of_a_real_issue_leads_everywhere_straight(app: App) -> None:
    number = finished(app)
    page = TestClient(create_app(app)).get(f"/issues/{number}").text
    assert not MARKS.search(page)
    addresses = {link["href"] for link in BeautifulSoup(page, "html.parser").find_all("a")}
    with app.store.read() as session:
        targets = set(session.exec(select(Link.url)))
    assert "https://example.org/alpha-vs-beta?a=1&b=2" in targets
    assert addresses == targets | {"/issues/"}
    assert "/o/" not in page


def test_the_archive_of_a_real_issue_has_no_dead_buttons(app: App) -> None:
    """What only a recipient could use is left out, words and all."""
    page = TestClient(create_app(app)).get(f"/issues/{finished(app)}").text
    words = BeautifulSoup(page, "html.parser").get_text(" ")
    for dead in ("Used it?", "Unsubscribe", "Preferences", "View in browser", "You get this"):
        assert dead not in words
    buttons = [one.get_text() for one in BeautifulSoup(page, "html.parser").select(".pill, .tap")]
    assert buttons == []


@pytest.mark.parametrize("state", ["draft", "approved", "cancelled"])
def test_view_in_browser_of_a_test_message_opens_the_issue(app: App, state: str) -> None:
    number = app.issues.draft()
    if state == "approved":
        app.issues.approve(number, by="an editor")
    if state == "cancelled":
        app.issues.cancel(number)
    with app.store.read() as session:
        edition = app.renderer.test_edition(session, number)
    client = TestClient(create_app(app))
    (in_html,) = re.findall(r'href="([^"]*/issues/[^"]*)"', edition.html)
    (in_text,) = re.findall(r"^View in browser: (\S+)$", edition.text, re.MULTILINE)
    assert in_html == in_text
    page = client.get(in_html.removeprefix("https://digest.example.org"))
    assert page.status_code == 200
    assert "https://example.org/alpha-vs-beta?a=1&amp;b=2" in page.text
    assert client.get(f"/issues/{number}").status_code == 404


def test_every_link_of_a_real_issue_can_be_followed(app: App) -> None:
    number = finished(app)
    client = TestClient(create_app(app), follow_redirects=False)
    token = make_token(app, Purpose.CLICK, 0, number)
    with app.store.read() as session:
        links = {link.number: link.url for link in session.exec(select(Link))}
    assert links
    for link, url in links.items():
        assert client.get(f"/l/{link}/{token}").headers["location"] == url


def test_the_studio_shows_a_real_draft_and_changes_nothing(app: App) -> None:
    number = app.issues.draft()
    before = everything(app.store)
    studio = TestClient(create_app(app, studio=True), "http://127.0.0.1")
    page = BeautifulSoup(studio.get(f"/studio/issues/{number}").text, "html.parser")
    assert "Alpha" in page.get_text()
    framed = BeautifulSoup(studio.get(f"/studio/issues/{number}/html").text, "html.parser")
    for link in framed.find_all("a"):
        assert "/l/" not in str(link["href"])
    assert framed.find("img", src=lambda src: bool(src and "/o/" in src)) is None
    assert "Hello Sam," in framed.get_text()
    assert everything(app.store) == before


def test_the_studio_shows_the_frozen_bytes_once_there_are_any(app: App) -> None:
    """Invariant 3 (docs/invariants.md): what is previewed after approval is what will be sent."""
    number = finished(app)
    studio = TestClient(create_app(app, studio=True), "http://127.0.0.1")
    before = studio.get(f"/studio/issues/{number}/html")
    assert "Alpha" in before.text
    with app.store.write() as session:
        for tool in session.exec(select(Tool)):
            tool.name = f"{tool.name} renamed"
    assert studio.get(f"/studio/issues/{number}/html").text == before.text


def test_the_studio_says_why_tampered_bytes_are_not_shown(app: App) -> None:
    number = finished(app)
    with app.store.write() as session:
        issue = session.get(Issue, number)
        assert issue is not None
        issue.content_hash = "0" * 64
    answer = TestClient(create_app(app, studio=True), "http://127.0.0.1").get(
        f"/studio/issues/{number}/html"
    )
    assert answer.status_code == 422
    assert "is not what was approved" in answer.text
