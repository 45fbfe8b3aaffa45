"""Sources from the command line: added, tried, fetched, listed, paused, removed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Run
from tests.parts.site import Site, days, feed, page, site


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[Site]:
    monkeypatch.setattr("digest.sources.http.rate.PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("DIGEST_SOURCE_ALLOW", "127.0.0.1")
    with site() as server:
        server.name = "127.0.0.1"
        server.put("/a", page("Ada", "Bob"))
        server.put("/b", "nothing of use", "text/html")
        server.put("/feed.xml", feed(server, {"/a": days(1), "/b": days(2)}), "text/xml")
        yield server


def test_a_source_from_add_to_remove(run: Run, web: Site) -> None:
    url = web.url("/feed.xml")
    assert run("source", "list").out == "no sources yet; digest source add NAME URL|FOLDER\n"
    added = run("source", "add", "site", url, "--every", "2h", "--first", "new")
    assert added.out == f"site: feed at {url}, read every 2h; digest source fetch site\n"
    done = run("source", "fetch")
    assert done.status == 0
    assert done.out == "site: 2 listed, 1 new, 0 changed, 1 refused\n"
    assert done.err.startswith(f"  {web.url('/b')}")
    assert run("source", "fetch", "site").out == "site: unchanged\n"
    newest, first = json.loads(run("source", "log", "site", "--json").out)
    assert (newest["state"], newest["requests"], newest["status"]) == ("unchanged", 1, 304)
    assert (first["new"], first["refused"], len(first["lines"])) == (1, 1, 1)
    log = run("source", "log", "site").out.splitlines()
    assert log[0].endswith("  unchanged")
    assert log[2] == f"  {first['lines'][0]}"
    (listed,) = json.loads(run("source", "list", "--json").out)
    assert (listed["name"], listed["kind"], listed["state"]) == ("site", "feed", "ok")
    assert (listed["every_minutes"], listed["location"]) == (120, url)
    assert run("source", "pause", "site").out == "site is paused\n"
    assert run("source", "pause", "site").out == "site is paused already\n"
    refused = run("source", "fetch", "site")
    assert (refused.status, refused.err) == (1, "site is paused; digest source resume site\n")
    assert run("source", "fetch").out == ""
    assert "paused" in run("source", "list").out
    assert run("source", "resume", "site").out == "site is read again\n"
    assert run("source", "resume", "site").out == "site is active already\n"
    assert run("source", "remove", "site").out == "site is removed; its comparisons stay\n"
    assert [one["slug"] for one in json.loads(run("comparisons", "list", "--json").out)] == [
        "ada-vs-bob"
    ]
    assert run("source", "log", "site").err == (
        "there is no source site; `digest source list` shows those there are\n"
    )


def test_trying_a_place_keeps_nothing(run: Run, web: Site, home: Path) -> None:
    tried = run("source", "try", web.url("/feed.xml"))
    assert tried.status == 0
    lines = tried.out.splitlines()
    assert lines[0] == f"feed at {web.url('/feed.xml')}: 2 pages"
    assert lines[1] == f"new: ada-vs-bob  {web.url('/a')}"
    assert lines[2].startswith(f"refused: {web.url('/b')}")
    short = run("source", "try", web.url("/feed.xml"), "--count", "1")
    assert short.out.splitlines()[-1] == "and 1 more, not read"
    (home / "pages").mkdir()
    (home / "pages" / "a.html").write_text(page("Ada", "Bob"))
    folder = run("source", "try", "pages")
    assert folder.out.splitlines()[1] == "new: ada-vs-bob  a.html"
    assert json.loads(run("comparisons", "list", "--json").out) == []
    assert json.loads(run("source", "list", "--json").out) == []


def test_each_mistake_is_one_line(run: Run, web: Site, home: Path) -> None:
    url = web.url("/feed.xml")
    for arguments, words in (
        (("add", "Site", url), "'Site' is no name for a source"),
        (("add", "a", "ftp://example.org/x"), "'ftp://example.org/x' is no address"),
        (("add", "a", "http://u:p@example.org/"), "is no address"),
        (("add", "a", "nowhere"), "'nowhere' is neither an address nor a folder"),
        (("add", "a", url, "--every", "1m"), "--every: '1m' should be 5m to 90d"),
        (("add", "a", url, "--kind", "rss"), "--kind: 'rss' should be one of feed,"),
        (("add", "a", url, "--kind", "folder"), "--kind folder does not fit"),
        (("add", "a", ".", "--kind", "feed"), "--kind feed does not fit ."),
        (("add", "a", url, "--first", "old"), "--first: 'old' should be seen or new"),
        (("add", "a", web.url("/none")), "/none: answered 404; to add it all the same"),
        (("fetch", "a"), "there is no source a"),
        (("pause", "a"), "there is no source a"),
        (("remove", "a"), "there is no source a"),
    ):
        got = run("source", *arguments)
        assert got.status == 1, arguments
        assert words in got.err, arguments
        assert got.err.count("\n") == 1, got.err
    added = run("source", "add", "a", url)
    assert added.status == 0
    assert added.out.endswith("not brought in; to have it, remove and add with --first new\n")
    assert "there is a source a already" in run("source", "add", "a", web.url("/a")).err
    assert f"{url} is the source a already" in run("source", "add", "b", url).err


def test_a_private_address_is_refused_with_what_to_do(
    run: Run, web: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGEST_SOURCE_ALLOW")
    got = run("source", "try", web.url("/feed.xml"))
    assert got.status == 1
    assert "add 127.0.0.1 to DIGEST_SOURCE_ALLOW" in got.err
    assert web.asked == []
    monkeypatch.setenv("DIGEST_SOURCE_ALLOW", "http://10.0.0.5/")
    assert "DIGEST_SOURCE_ALLOW: 'http://10.0.0.5/' is no host name" in run("source", "list").err


def test_a_source_that_can_not_be_read_is_exit_1(run: Run, web: Site) -> None:
    run("source", "add", "site", web.url("/gone.xml"), "--kind", "feed")
    got = run("source", "fetch", "site")
    assert (got.status, got.err) == (1, "")
    assert got.out == f"site: failed: {web.url('/gone.xml')}: answered 404\n"
    assert "failing (1)" in run("source", "list").out
