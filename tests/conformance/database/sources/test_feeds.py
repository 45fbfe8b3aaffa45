"""A feed, from the first fetch on: what comes in, what does not, and at what cost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from digest.sources.tables import First, Kind
from store.engine import Store
from tests.parts.site import Site, days, feed, page, site
from tests.parts.sourced import Sourced


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as server:
        yield server


@pytest.fixture
def sourced(store: Store) -> Sourced:
    return Sourced(store)


def _publish(web: Site, *names: str) -> None:
    """A feed of one page for each name, the newest first."""
    for name in names:
        web.put(f"/compare/{name}", page(name.title(), "Quillmate"))
    dated = {f"/compare/{name}": days(place + 1) for place, name in enumerate(names)}
    web.put("/feed.xml", feed(web, dated), "application/rss+xml")


def test_the_first_fetch_marks_as_seen_and_the_next_brings_what_is_new(
    sourced: Sourced, web: Site
) -> None:
    _publish(web, "ada", "bob")
    name = sourced.add(web.url("/feed.xml"), first=First.SEEN)
    first = sourced.fetch(name)
    assert (first.state, first.listed, first.seen, first.new) == ("done", 2, 2, 0)
    assert web.paths() == ["/feed.xml"]
    _publish(web, "cyd", "ada", "bob")
    sourced.clock.on(hours=1)
    second = sourced.fetch(name)
    assert (second.new, second.seen, second.unchanged) == (1, 0, 0)
    assert web.paths() == ["/feed.xml", "/compare/cyd"]
    (found,) = sourced.comparisons().values()
    assert found.slug == "cyd-vs-quillmate"
    assert found.url == web.url("/compare/cyd")
    assert found.published_at == days(1)


def test_a_feed_that_did_not_change_costs_one_conditional_request(
    sourced: Sourced, web: Site
) -> None:
    _publish(web, "ada", "bob")
    name = sourced.add(web.url("/feed.xml"))
    assert sourced.fetch(name).new == 2
    web.asked.clear()
    sourced.clock.on(hours=1)
    again = sourced.fetch(name)
    assert (again.state, again.status, again.requests) == ("unchanged", 304, 1)
    assert [(one.path, one.is_conditional) for one in web.asked] == [("/feed.xml", True)]


def test_a_server_without_validators_is_seen_through_by_the_hash(
    sourced: Sourced, web: Site
) -> None:
    _publish(web, "ada")
    web.documents["/feed.xml"].etag = False
    name = sourced.add(web.url("/feed.xml"))
    sourced.fetch(name)
    web.asked.clear()
    again = sourced.fetch(name)
    assert (again.state, again.status, again.requests) == ("unchanged", 200, 1)


def test_an_etag_that_lies_is_believed_for_a_week(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada")
    name = sourced.add(web.url("/feed.xml"))
    sourced.fetch(name)
    before = web.documents["/feed.xml"]
    _publish(web, "bob", "ada")
    lying = web.documents["/feed.xml"]
    lying.act = lambda handler: (
        web.documents.update({"/feed.xml": before if _asks_whether(handler) else lying}),
        setattr(lying, "act", None),
        handler.do_GET(),  # type: ignore[attr-defined]
        setattr(lying, "act", None),
        web.documents.update({"/feed.xml": lying}),
    )[-1]
    sourced.clock.on(hours=1)
    assert sourced.fetch(name).state == "unchanged"
    sourced.clock.on(days=7)
    assert sourced.fetch(name).new == 1


def _asks_whether(handler: object) -> bool:
    return "If-None-Match" in handler.headers  # type: ignore[attr-defined]


def test_a_changed_page_is_asked_for_and_its_comparison_updated(
    sourced: Sourced, web: Site
) -> None:
    _publish(web, "ada", "bob")
    name = sourced.add(web.url("/feed.xml"))
    sourced.fetch(name)
    web.put("/compare/bob", page("Bob", "Quillmate", price="$9/mo"))
    listed = {"/compare/ada": days(1), "/compare/bob": days(0)}
    web.put("/feed.xml", feed(web, listed), "application/rss+xml")
    web.paths()
    changed = sourced.fetch(name)
    assert (changed.new, changed.changed, changed.unchanged) == (0, 1, 0)
    assert web.paths() == ["/feed.xml", "/compare/bob"]
    found = sourced.comparisons()["bob-vs-quillmate"]
    assert found.contenders[0].entry_price == "$9/mo"
    assert found.published_at == days(2)  # as it was first dated


def test_a_page_that_vanishes_deletes_nothing(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada", "bob")
    name = sourced.add(web.url("/feed.xml"))
    sourced.fetch(name)
    _publish(web, "ada")
    del web.documents["/compare/bob"]
    record = sourced.fetch(name)
    assert (record.new, record.changed, record.refused) == (0, 0, 0)
    assert len(sourced.comparisons()) == 2


def test_a_page_that_is_named_and_gone_is_one_line(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada", "bob")
    del web.documents["/compare/bob"]
    record = sourced.fetch(sourced.add(web.url("/feed.xml")))
    assert (record.new, record.refused) == (1, 1)
    assert record.lines == [f"{web.url('/compare/bob')}: answered 404"]
    assert sourced.pages()[web.url("/compare/bob")] == "gone"


def test_a_failing_source_backs_off_and_says_so_once(
    sourced: Sourced, web: Site, caplog: pytest.LogCaptureFixture
) -> None:
    name = sourced.add(web.url("/feed.xml"))
    web.put("/feed.xml", "down", status=503)
    waits = []
    for _ in range(8):
        record = sourced.fetch(name)
        assert record.state == "failed"
        assert record.note == f"{web.url('/feed.xml')}: answered 503"
        waits.append((sourced.source(name).next_at - sourced.clock()) / timedelta(hours=1))
        sourced.clock.now = sourced.source(name).next_at
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    assert len(caplog.messages) == 1
    _publish(web, "ada")
    assert sourced.fetch(name).new == 1
    assert caplog.messages[1:] == [f"source {name} is read again, after 8 failures"]
    assert sourced.source(name).failures == 0


def test_a_server_that_asks_to_wait_is_left_alone_for_so_long(sourced: Sourced, web: Site) -> None:
    name = sourced.add(web.url("/feed.xml"))
    web.put("/feed.xml", "busy", status=429, headers={"Retry-After": "36000"})
    sourced.fetch(name)
    assert sourced.source(name).next_at == sourced.clock() + timedelta(hours=10)


def test_a_page_that_fails_is_asked_for_later_though_the_feed_did_not_change(
    sourced: Sourced, web: Site
) -> None:
    _publish(web, "ada", "bob")
    web.put("/compare/bob", "down", status=500)
    name = sourced.add(web.url("/feed.xml"))
    record = sourced.fetch(name)
    assert (record.new, record.waiting, record.refused) == (1, 1, 0)
    web.put("/compare/bob", page("Bob", "Quillmate"))
    sourced.clock.on(hours=1)
    web.paths()
    assert sourced.fetch(name).new == 1
    assert web.paths() == ["/feed.xml", "/compare/bob"]


def test_a_page_that_keeps_failing_is_refused_in_the_end(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada")
    web.put("/compare/ada", "down", status=500)
    name = sourced.add(web.url("/feed.xml"))
    for _ in range(6):
        record = sourced.fetch(name)
        sourced.clock.on(days=2)
    assert record.refused == 1
    web.paths()
    sourced.fetch(name)
    assert web.paths() == ["/feed.xml"]


def test_two_sources_that_name_a_page_make_one_comparison(sourced: Sourced, web: Site) -> None:
    """By the canonical address, though one counts visits and the other leads over a redirect."""
    own = web.url("/compare/ada")
    web.put("/compare/ada", page("Ada", "Quillmate", head=f'<link rel="canonical" href="{own}">'))
    web.put("/compare/ada?utm_source=feed", web.documents["/compare/ada"].body)
    web.redirect("/go/1", "/compare/ada", 301)
    for number, path in enumerate(("/compare/ada?utm_source=feed&fbclid=1", "/go/1")):
        web.put(f"/{number}.xml", feed(web, {path: days(1)}), "application/rss+xml")
        sourced.add(web.url(f"/{number}.xml"), name=f"s{number}")
    assert [sourced.fetch("s0").new, sourced.fetch("s1").new] == [1, 0]
    (found,) = sourced.comparisons().values()
    assert found.url == own


def test_a_renamed_tool_stays_the_same_comparison(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada")
    name = sourced.add(web.url("/feed.xml"))
    sourced.fetch(name)
    web.put("/compare/ada", page("Ada Pro", "Quillmate"))
    web.put("/feed.xml", feed(web, {"/compare/ada": days(0)}), "application/rss+xml")
    assert sourced.fetch(name).changed == 1
    (found,) = sourced.comparisons().values()
    assert (found.slug, found.contenders[0].name) == ("ada-vs-quillmate", "Ada Pro")


def test_one_canonical_address_for_all_pages_merges_nothing_that_differs(
    sourced: Sourced, web: Site
) -> None:
    head = f'<link rel="canonical" href="{web.url("/")}">'
    web.put("/a", page("Ada", "Bob", head=head))
    web.put("/b", page("Cyd", "Dee", head=head))
    web.put("/feed.xml", feed(web, {"/a": None, "/b": None}), "application/rss+xml")
    assert sourced.fetch(sourced.add(web.url("/feed.xml"))).new == 2


def test_a_date_of_the_page_outranks_its_entrys_and_none_lies_in_the_future(
    sourced: Sourced, web: Site
) -> None:
    stated = '<meta property="article:published_time" content="2026-11-01">'
    web.put("/a", page("Ada", "Bob", head=stated))
    web.put("/b", page("Cyd", "Dee"))
    listed = {"/a": days(5), "/b": days(-400)}
    web.put("/feed.xml", feed(web, listed), "application/rss+xml")
    sourced.fetch(sourced.add(web.url("/feed.xml")))
    dates = {slug: one.published_at for slug, one in sourced.comparisons().items()}
    assert dates["ada-vs-bob"].date().isoformat() == "2026-11-01"
    assert dates["cyd-vs-dee"] == sourced.clock()


def test_a_seen_page_that_changes_stays_out_unless_it_is_in_the_store(
    sourced: Sourced, web: Site
) -> None:
    _publish(web, "ada")
    name = sourced.add(web.url("/feed.xml"), first=First.SEEN)
    sourced.fetch(name)
    web.put("/feed.xml", feed(web, {"/compare/ada": days(0)}), "application/rss+xml")
    assert sourced.fetch(name).new == 0
    sourced.add(web.url("/feed.xml"), name="all", match="compare")
    assert sourced.fetch("all").new == 1
    web.put("/compare/ada", page("Ada", "Quillmate", price="$1"))
    web.put("/feed.xml", feed(web, {"/compare/ada": days(-1)}), "application/rss+xml")
    assert sourced.fetch(name).changed == 1


def test_a_pause_is_kept_between_two_requests_to_a_host(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada", "bob")
    web.put("/robots.txt", "User-agent: *\nCrawl-delay: 5\n", "text/plain")
    sourced.fetch(sourced.add(web.url("/feed.xml")))
    assert sourced.pauses == [5, 5, 5]


def test_what_robots_txt_forbids_is_not_asked_for(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada", "bob")
    web.put("/robots.txt", "User-agent: *\nDisallow: /compare/b*\n", "text/plain")
    record = sourced.fetch(sourced.add(web.url("/feed.xml")))
    assert (record.new, record.refused) == (1, 1)
    assert record.lines[0].endswith("robots.txt does not allow it")
    assert "/compare/bob" not in web.paths()


def test_a_robots_txt_that_can_not_be_read_forbids_all_for_now(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada")
    web.put("/robots.txt", "down", status=503)
    name = sourced.add(web.url("/feed.xml"))
    assert sourced.fetch(name).note == f"{web.url('/robots.txt')}: answered 503"
    web.put("/robots.txt", "", "text/plain")
    assert sourced.fetch(name).new == 1


def test_a_match_chooses_among_the_pages(sourced: Sourced, web: Site) -> None:
    _publish(web, "ada", "bob")
    record = sourced.fetch(sourced.add(web.url("/feed.xml"), match="/compare/a*"))
    assert (record.listed, record.new) == (1, 1)


def test_a_folder_of_pages(sourced: Sourced, tmp_path: object) -> None:
    folder = tmp_path / "pages"  # type: ignore[operator]
    folder.mkdir()
    (folder / "a.html").write_text(page("Ada", "Bob"))
    (folder / "bad.txt").write_text("nothing of use")
    (folder / "README.md").write_text("# Notes")
    name = sourced.add(str(folder), Kind.FOLDER)
    record = sourced.fetch(name)
    assert (record.listed, record.new, record.refused) == (2, 1, 1)
    again = sourced.fetch(name)
    assert (again.new, again.changed, again.unchanged, again.refused) == (0, 0, 0, 0)
    (folder / "a.html").write_text(page("Ada", "Bob", price="$5"))
    (folder / "bad.txt").unlink()
    assert sourced.fetch(name).changed == 1
    (folder / "a.html").unlink()
    sourced.fetch(name)
    assert list(sourced.comparisons()) == ["ada-vs-bob"]
