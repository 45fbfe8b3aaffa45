"""Feeds, robots and cards: what goes out, for programs that read it for people."""

import json
from datetime import datetime, timedelta
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from starlette.testclient import TestClient

from digest.catalog.tables import Comparison
from digest.issues.tables import Issue
from digest.web.public import robots
from tests.integration.web.rows import NOW, add_comparison, add_issue
from tests.integration.web.small_site import SmallSite
from tests.parts.links import make_token

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HOME = "https://digest.example.org"


def test_both_feeds_tell_of_what_went_out_newest_first(client: TestClient, site: SmallSite) -> None:
    for number, state in enumerate(("finished", "sending", "draft"), start=1):
        add_issue(site.store, number, state, subject=f"Tom & Jerry <{state}> \x0b")
    atom = fromstring(client.get("/feed.xml").content)
    entries = atom.findall(f"{ATOM}entry")
    titles = [one.findtext(f"{ATOM}title") for one in entries]
    assert titles == ["Tom & Jerry <sending> ", "Tom & Jerry <finished> "]
    links = [one.find(f"{ATOM}link") for one in entries]
    assert [link is not None and link.get("href") for link in links] == [
        f"{HOME}/issues/2",
        f"{HOME}/issues/1",
    ]
    assert atom.findtext(f"{ATOM}id") == f"{HOME}/issues/"
    assert atom.findtext(f"{ATOM}updated", "").startswith("2026-03-04T")

    feed = json.loads(client.get("/feed.json").content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [one["id"] for one in feed["items"]] == [f"{HOME}/issues/2", f"{HOME}/issues/1"]


def test_a_feed_was_updated_when_its_newest_entry_was_whatever_their_order(
    client: TestClient, site: SmallSite
) -> None:
    for number, days in ((1, 0), (2, 9), (3, 4)):  # the second waited until after the third
        add_issue(site.store, number, "finished")
        with site.store.write() as session:
            issue = session.get_one(Issue, number)
            issue.started_at = issue.finished_at = NOW + timedelta(days=days)
    atom = fromstring(client.get("/feed.xml").content)
    entries = [one.findtext(f"{ATOM}updated", "") for one in atom.findall(f"{ATOM}entry")]
    assert len(set(entries)) == 3
    assert atom.findtext(f"{ATOM}updated") == max(entries, key=datetime.fromisoformat)


def test_an_empty_feed_is_a_feed(client: TestClient) -> None:
    assert fromstring(client.get("/feed.xml").content).findall(f"{ATOM}entry") == []
    assert json.loads(client.get("/feed.json").content)["items"] == []


def test_who_has_it_already_is_not_sent_it_again(client: TestClient, site: SmallSite) -> None:
    add_issue(site.store, 1, "finished")
    first = client.get("/feed.xml")
    known = {"If-None-Match": first.headers["etag"]}
    again = client.get("/feed.xml", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    add_issue(site.store, 2, "finished")
    assert client.get("/feed.xml", headers=known).status_code == 200


def test_robots_are_kept_from_every_address_with_a_token(client: TestClient) -> None:
    said = client.get("/robots.txt").text
    for path in ("/l/", "/o/", "/unsubscribe/", "/preferences/", "/confirm/", "/vote/"):
        assert f"Disallow: {path}\n" in said
    assert f"Sitemap: {HOME}/sitemap.xml" in said


def test_the_map_of_the_site_leads_to_pages_that_are_there(
    client: TestClient, site: SmallSite
) -> None:
    add_issue(site.store, 1, "finished")
    add_issue(site.store, 2, "draft")
    add_comparison(site.store)
    places = [
        str(one.text).removeprefix(HOME)
        for one in fromstring(client.get("/sitemap.xml").content).iter(f"{MAP}loc")
    ]
    assert set(places) == {
        "/issues/",
        "/issues/1",
        "/comparisons/alpha-vs-beta",
        "/tools/alpha",
        "/tools/beta",
    }
    assert {client.get(place).status_code for place in places} == {200}


def test_a_page_says_what_it_is_to_who_shares_it(client: TestClient, site: SmallSite) -> None:
    add_comparison(site.store, title='Alpha "&" Beta')
    page = client.get("/comparisons/alpha-vs-beta").text
    assert '<meta property="og:title" content="Alpha &#34;&amp;&#34; Beta">' in page
    assert f'<link rel="canonical" href="{HOME}/comparisons/alpha-vs-beta">' in page
    assert "Alpha: 75% of the panel would ship it." in page


def test_a_readers_own_page_says_nothing_to_who_shares_it(
    client: TestClient, site: SmallSite
) -> None:
    token = make_token(site, "preferences", 1)  # type: ignore[arg-type]
    assert "og:" not in client.get(f"/preferences/{token}").text


def test_the_map_of_the_site_is_made_once_a_change(
    client: TestClient, site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 20,000 comparisons it takes two seconds: one request a second took the site down."""
    made = []
    real = robots.published_tools

    def counted(*given: Any) -> list[str]:
        made.append(given)
        return real(*given)

    monkeypatch.setattr(robots, "published_tools", counted)
    first = client.get("/sitemap.xml").content
    number = add_comparison(site.store)
    found = [client.get("/sitemap.xml").content for _ in range(3)]
    assert first != found[0] == found[2]
    assert len(made) == 2
    with site.store.write() as session:
        row = session.get(Comparison, number)
        assert row is not None
        row.hidden_at = NOW
    assert client.get("/sitemap.xml").content == first
    assert len(made) == 3
