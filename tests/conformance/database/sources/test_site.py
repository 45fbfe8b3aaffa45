"""A site of 500 pages, as sites are: what comes in is exact, and what it costs too.

On PostgreSQL it has 130: the same of every other kind, and fewer of the good ones.
"""

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from digest.sources.tables import First, Kind
from store.engine import Store
from tests.parts.site import Site, days, feed, index, page, site, sitemap
from tests.parts.sourced import Sourced

GOOD, GARBAGE, GONE, MOVED, IMAGES, SLOW, AWAY = 430, 20, 15, 20, 5, 5, 5
FEWER_GOOD = 60
OTHERS = GARBAGE + GONE + MOVED + IMAGES + SLOW + AWAY


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as server:
        yield server


@pytest.fixture
def sourced(store: Store) -> Sourced:
    return Sourced(store)


def _slug(number: int) -> str:
    return f"tool-{number}-vs-quillmate"


def _good(web: Site, number: int, price: str = "Free") -> str:
    path = f"/compare/{number}"
    web.put(path, page(f"Tool {number}", "Quillmate", price=price))
    return path


@pytest.fixture
def good(store: Store) -> int:
    """How many good pages the site has."""
    return GOOD if store.is_sqlite else FEWER_GOOD


def _build(web: Site, good: int) -> list[str]:
    """Publish so many good pages, and all the others; returns their paths."""
    web.put("/robots.txt", "User-agent: *\nDisallow: /private/\n", "text/plain")
    paths = [_good(web, number) for number in range(good)]
    numbers = itertools.count(good)
    for number in itertools.islice(numbers, GARBAGE):
        paths.append(f"/garbage/{number}")
        web.put(paths[-1], bytes(range(256)) * 9 if number % 2 else "<p>nothing of use</p>" * 99)
    paths += [f"/gone/{number}" for number in itertools.islice(numbers, GONE)]
    for number in itertools.islice(numbers, MOVED):
        paths.append(f"/old/{number}")
        web.redirect(paths[-1], _good(web, number), 301 if number % 2 else 302)
    for number in itertools.islice(numbers, IMAGES):
        paths.append(f"/picture/{number}")
        web.put(paths[-1], b"\x89PNG", "image/png")
    for number in itertools.islice(numbers, AWAY):
        paths.append(f"/away/{number}")
        web.redirect(paths[-1], f"http://127.0.0.1:{web.server_port}/compare/1")
    # Last, since a host that fails three times in a row is left alone until the next fetch.
    for number in itertools.islice(numbers, SLOW):
        paths.append(f"/slow/{number}")
        web.put(paths[-1], "busy", status=503)
    assert len(paths) == good + OTHERS
    return paths


def _publish(web: Site, paths: list[str], good: int, changed: dict[str, str] | None = None) -> None:
    """A sitemap in two parts below an index, and a feed of the twenty newest pages."""
    stated = dict.fromkeys(paths, "2026-11-01") | (changed or {})
    half = len(paths) // 2
    web.put("/1.xml", sitemap(web, {path: stated[path] for path in paths[:half]}), "text/xml")
    web.put("/2.xml", sitemap(web, {path: stated[path] for path in paths[half:]}), "text/xml")
    web.put("/sitemap.xml", index(web, ["/1.xml", "/2.xml"]), "text/xml")
    newest = {f"/compare/{number}": days(2) for number in range(good - 20, good)}
    web.put("/feed.xml", feed(web, newest), "application/rss+xml")


def test_what_comes_in_from_500_pages_is_exact(sourced: Sourced, web: Site, good: int) -> None:
    paths = _build(web, good)
    _publish(web, paths, good)
    name = sourced.add(web.url("/sitemap.xml"), Kind.SITEMAP)
    first = sourced.fetch(name)
    refused = GARBAGE + GONE + IMAGES + AWAY
    counts = (first.listed, first.new, first.changed, first.refused, first.waiting)
    assert counts == (good + OTHERS, good + MOVED, 0, refused, SLOW)
    assert len(first.lines) == refused
    moved = range(good + GARBAGE + GONE, good + GARBAGE + GONE + MOVED)
    found = sourced.comparisons()
    assert set(found) == {_slug(number) for number in (*range(good), *moved)}
    assert found[_slug(moved[0])].url == web.url(f"/compare/{moved[0]}")
    assert {one.published_at.date().isoformat() for one in found.values()} == {"2026-11-01"}
    states = sourced.pages()
    assert sum(state == "waiting" for state in states.values()) == SLOW

    # The second costs one conditional request for each document.
    web.asked.clear()
    sourced.clock.on(minutes=5)
    second = sourced.fetch(name)
    assert (second.state, second.requests) == ("unchanged", 3)
    assert [(one.path, one.is_conditional) for one in web.asked] == [
        (path, True) for path in ("/sitemap.xml", "/1.xml", "/2.xml")
    ]

    # What failed is asked for later, and has come back; then 7 changed, 3 new, 9 vanished.
    slow = [path for path in paths if path.startswith("/slow/")]
    for path in slow:
        web.put(path, page(f"Tool {path[6:]}", "Quillmate"))
    changed = {_good(web, number, "$7"): "2026-11-20" for number in range(7)}
    vanished = [f"/compare/{number}" for number in range(20, 29)]
    for path in vanished:
        del web.documents[path]
    new = [_good(web, number) for number in range(900, 903)]
    _publish(web, [*(path for path in paths if path not in vanished), *new], good, changed)
    sourced.clock.on(hours=1)
    web.paths()
    third = sourced.fetch(name)
    assert (third.new, third.changed, third.unchanged) == (3 + SLOW, 7, 0)
    assert (third.refused, third.waiting) == (0, 0)
    asked = web.paths()
    assert sorted(asked[3:]) == sorted([*changed, *new, *slow])
    found = sourced.comparisons()
    assert len(found) == good + MOVED + SLOW + 3
    assert found[_slug(3)].contenders[0].entry_price == "$7"
    assert found[_slug(3)].published_at.date().isoformat() == "2026-11-01"
    assert set(found) >= {_slug(number) for number in range(20, 29)}

    # A feed of the same site brings nothing twice.
    feed_name = sourced.add(web.url("/feed.xml"))
    both = sourced.fetch(feed_name)
    assert (both.listed, both.new, both.unchanged) == (20, 0, 20)
    web.asked.clear()
    assert sourced.fetch(feed_name).requests == 1
    assert [one.is_conditional for one in web.asked] == [True]
    assert len(sourced.comparisons()) == len(found)


def test_an_archive_of_500_pages_is_marked_as_seen_at_the_cost_of_its_documents(
    sourced: Sourced, web: Site, good: int
) -> None:
    paths = _build(web, good)
    _publish(web, paths, good)
    name = sourced.add(web.url("/sitemap.xml"), Kind.SITEMAP, first=First.SEEN)
    record = sourced.fetch(name)
    every = good + OTHERS
    assert (record.listed, record.seen, record.new, record.refused) == (every, every, 0, 0)
    assert web.paths() == ["/sitemap.xml", "/1.xml", "/2.xml"]
    _publish(web, [*paths, _good(web, 999)], good)
    assert sourced.fetch(name).new == 1
    assert list(sourced.comparisons()) == [_slug(999)]


def test_a_part_that_failed_at_first_is_from_before_and_a_later_part_is_not(
    sourced: Sourced, web: Site
) -> None:
    for number in range(3):
        web.put(f"/{number}.xml", sitemap(web, {_good(web, number): ""}), "text/xml")
    web.put("/sitemap.xml", index(web, ["/0.xml", "/1.xml"]), "text/xml")
    part = web.documents.pop("/1.xml")
    web.put("/1.xml", "down", status=500)
    name = sourced.add(web.url("/sitemap.xml"), Kind.SITEMAP, first=First.SEEN)
    first = sourced.fetch(name)
    assert (first.seen, first.note) == (1, f"{web.url('/1.xml')}: answered 500")
    web.documents["/1.xml"] = part
    web.put("/sitemap.xml", index(web, ["/0.xml", "/1.xml", "/2.xml"]), "text/xml")
    second = sourced.fetch(name)
    assert (second.seen, second.new) == (1, 1)
    assert list(sourced.comparisons()) == [_slug(2)]


def test_a_json_endpoint_item_by_item(sourced: Sourced, web: Site) -> None:
    def item(name: str, price: str = "Free") -> dict[str, object]:
        sides = [{"name": name, "category": "X", "entry_price": price}]
        return {"contenders": [*sides, {"name": "Bob", "category": "X"}]}

    def put(*items: object) -> None:
        web.put("/api", json.dumps(items), "application/json")

    put(item("Ada"), {"contenders": 1})
    name = sourced.add(web.url("/api"), Kind.JSON)
    first = sourced.fetch(name)
    assert (first.listed, first.new, first.refused) == (1, 1, 1)
    assert sourced.fetch(name).state == "unchanged"
    put(item("Cyd"), item("Ada", "$3"))
    again = sourced.fetch(name)
    assert (again.new, again.changed, again.unchanged) == (1, 1, 0)
    put(item("Cyd"))
    assert sourced.fetch(name).changed == 0
    assert set(sourced.comparisons()) == {"ada-vs-bob", "cyd-vs-bob"}


def test_a_page_of_links_and_pages_in_text_and_json(sourced: Sourced, web: Site) -> None:
    text = {"contenders": [{"name": "Eve", "category": "X"}, {"name": "Bob", "category": "X"}]}
    web.put("/a", page("Ada", "Bob"))
    web.put("/e", json.dumps(text), "application/json")
    web.put("/list", "<a href='/a'>a</a><a href='/e'>e</a><a href='/'>home</a>")
    name = sourced.add(web.url("/list"), Kind.PAGE)
    record = sourced.fetch(name)
    assert (record.listed, record.new) == (2, 2)
    assert set(sourced.comparisons()) == {"ada-vs-bob", "eve-vs-bob"}


def test_a_host_that_does_not_answer_is_left_alone_for_the_rest_of_a_fetch(
    sourced: Sourced, web: Site
) -> None:
    paths = {f"/{number}": days(1) for number in range(10)}
    for path in paths:
        web.put(path, "busy", status=500)
    web.put("/feed.xml", feed(web, dict(paths)), "text/xml")
    name = sourced.add(web.url("/feed.xml"))
    assert sourced.fetch(name).waiting == 10
    assert web.paths() == ["/feed.xml", "/0", "/1", "/2"]
    sourced.clock.on(hours=1)
    sourced.fetch(name)
    assert sourced.source(name).next_at == sourced.clock() + timedelta(hours=1)
