"""Who reads which source when: due times, claims of workers, warnings of silence."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from digest.sources.claims import claim_source, due_sources
from digest.sources.registry import set_active
from digest.sources.tables import Kind, Source
from schedules.registry import add_schedule
from store.engine import Store
from tests.parts.site import Site, days, feed, page, site
from tests.parts.sourced import Alone, Sourced


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as server:
        server.put("/a", page("Ada", "Bob"))
        server.put("/feed.xml", feed(server, {"/a": days(1)}), "text/xml")
        yield server


@pytest.fixture
def sourced(store: Store) -> Sourced:
    return Sourced(store)


def _never() -> bool:
    return False


def test_a_source_is_read_when_it_is_due_and_not_before(sourced: Sourced, web: Site) -> None:
    sourced.add(web.url("/feed.xml"))
    assert [one.new for one in sourced.reader.read_due(Alone(), _never)] == [1]
    assert sourced.reader.read_due(Alone(), _never) == []
    sourced.clock.on(minutes=59)
    assert sourced.reader.read_due(Alone(), _never) == []
    sourced.clock.on(minutes=1)
    assert [one.state for one in sourced.reader.read_due(Alone(), _never)] == ["unchanged"]


def test_a_paused_source_is_not_read_and_a_resumed_one_at_once(sourced: Sourced, web: Site) -> None:
    name = sourced.add(web.url("/feed.xml"))
    sourced.reader.read_due(Alone(), _never)
    for active, read in ((False, 0), (True, 1)):
        with sourced.store.write() as session:
            set_active(session, name, active=active, now=sourced.clock())
        assert len(sourced.reader.read_due(Alone(), _never)) == read


def test_of_two_workers_one_reads_a_source(sourced: Sourced, web: Site) -> None:
    """The second comes while the first one's request is under way, and goes away empty."""
    sourced.add(web.url("/feed.xml"))
    other = Sourced(sourced.store)
    document = web.documents["/feed.xml"]
    second: list[int] = []

    def answer(handler: object) -> None:
        second.append(len(other.reader.read_due(Alone(2, (1,)), _never)))
        document.act = None
        handler.do_GET()  # type: ignore[attr-defined]

    document.act = answer
    assert len(sourced.reader.read_due(Alone(1, (2,)), _never)) == 1
    assert second == [0]
    assert sourced.source("feed").worker_id is None


def test_two_workers_that_claim_at_once_do_not_both_get_it(sourced: Sourced, web: Site) -> None:
    sourced.add(web.url("/feed.xml"))
    with sourced.store.read() as session:
        (source,) = due_sources(session, sourced.clock())
    got: list[int] = []
    start = threading.Barrier(4)

    def claim(worker_id: int) -> None:
        start.wait()
        with sourced.store.write() as session:
            if claim_source(session, source, worker_id, lambda _: True):
                got.append(worker_id)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_what_a_dead_worker_held_is_read_by_the_next(sourced: Sourced, web: Site) -> None:
    name = sourced.add(web.url("/feed.xml"))
    with sourced.store.write() as session:
        source = session.get_one(Source, sourced.source(name).id)
        source.worker_id = 77
        session.add(source)
    assert sourced.reader.read_due(Alone(1, (77,)), _never) == []
    assert len(sourced.reader.read_due(Alone(), _never)) == 1


def test_a_worker_that_is_told_to_stop_leaves_the_rest_for_the_next(
    sourced: Sourced, web: Site
) -> None:
    paths = [f"/{number}" for number in range(4)]
    for path in paths:
        web.put(path, page(f"Tool {path[1:]}", "Bob"))
    web.put("/feed.xml", feed(web, dict.fromkeys(paths, days(1))), "text/xml")
    sourced.add(web.url("/feed.xml"))
    asked = iter([False, False, False, True])
    (record,) = sourced.reader.read_due(Alone(), lambda: next(asked, True))
    assert record.new == 2
    web.paths()
    (rest,) = sourced.reader.read_due(Alone(2), _never)
    assert rest.new == 2
    assert web.paths() == ["/feed.xml", "/2", "/3"]


def test_a_source_removed_while_it_is_read_leaves_no_trace(sourced: Sourced, web: Site) -> None:
    name = sourced.add(web.url("/feed.xml"))
    document = web.documents["/a"]

    def answer(handler: object) -> None:
        with sourced.store.write() as session:
            session.delete(session.get_one(Source, sourced_id))
        document.act = None
        handler.do_GET()  # type: ignore[attr-defined]

    sourced_id = sourced.source(name).id
    document.act = answer
    sourced.reader.read_due(Alone(), _never)
    assert sourced.pages() == {}


def _silent(until: str, words: str) -> str:
    return f"source feed is silent, and weekly is due at {until} 08:00 UTC: {words}"


def _weekly(store: Store, sourced: Sourced) -> None:
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * mon", "UTC", now=sourced.clock())


def test_a_source_that_is_not_read_warns_in_the_day_before_a_due_time(
    sourced: Sourced, web: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The clock starts on a Monday at 08:00."""
    _weekly(sourced.store, sourced)
    sourced.add(web.url("/feed.xml"))
    sourced.reader.read_due(Alone(), _never)
    web.put("/feed.xml", "down", status=500)
    while sourced.clock() < days(-6):
        sourced.reader.read_due(Alone(), _never)
        sourced.clock.on(hours=6)
    caplog.clear()
    for _ in range(8):
        sourced.reader.read_due(Alone(), _never)
        sourced.clock.on(hours=3)
    assert [line for line in caplog.messages if "silent" in line] == [
        _silent(
            "2026-11-30",
            "it could not be read since 2026-11-23 08:00 UTC (every 1h): "
            f"{web.url('/feed.xml')}: answered 500",
        )
    ]


def test_a_source_that_brings_nothing_for_two_periods_warns_once_each(
    sourced: Sourced, web: Site, caplog: pytest.LogCaptureFixture
) -> None:
    _weekly(sourced.store, sourced)
    sourced.add(web.url("/feed.xml"), every_minutes=24 * 60)
    end = sourced.clock() + timedelta(days=28)
    while sourced.clock() < end:
        sourced.reader.read_due(Alone(), _never)
        sourced.clock.on(hours=8)
    assert caplog.messages == [
        _silent("2026-12-14", "it has brought nothing new since 2026-11-23"),
        _silent("2026-12-21", "it has brought nothing new since 2026-11-23"),
    ]


def test_a_folder_that_went_away_is_a_failure_of_one_line(
    sourced: Sourced, tmp_path: object
) -> None:
    name = sourced.add(str(tmp_path / "none"), Kind.FOLDER)  # type: ignore[operator]
    assert sourced.fetch(name).note.endswith("found no such folder, expected one with pages")
