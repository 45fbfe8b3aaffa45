"""Person or machine: each rule by an example, and all together against labelled traces."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.track.hits.bot_detection import (
    PREFETCHER,
    DeliveryContext,
    ObservedHit,
    Rule,
    classify,
    is_bot_user_agent,
)
from tests.parts.traces import ARRIVED, CHROME, FIREFOX, GMAIL, LINKS, PHONE, YAHOO, traces

MAIL = DeliveryContext(ARRIVED, LINKS)


def seen(after: float, link: int = 1, agent: str = PHONE, **more: object) -> ObservedHit:
    return ObservedHit(ARRIVED + timedelta(seconds=after), link, user_agent=agent, **more)  # type: ignore[arg-type]


def rules(*hits: ObservedHit, context: DeliveryContext = MAIL) -> list[Rule]:
    return classify(hits, context)


READ = seen(3_600, 0)


@pytest.mark.parametrize(
    ("hit", "rule"),
    [
        (seen(3_700, method="HEAD"), Rule.HEAD),
        (seen(3_700, flagged=True), Rule.FLAG),
        (seen(3_700, network="barracuda"), Rule.NETWORK),
        (seen(3_700, hidden=True), Rule.HIDDEN),
        (seen(3_700, agent="python-requests/2.32.3"), Rule.AGENT),
        (seen(3_700, agent=""), Rule.AGENT),
        (seen(3_700, 0, agent=PREFETCHER), Rule.PREFETCH),
        (seen(9), Rule.SOON),
        (seen(1, 0), Rule.SOON),
        (seen(100), Rule.UNREAD),
        (seen(3_700), Rule.PERSON),
        (seen(3_700, 0, agent=GMAIL), Rule.PERSON),
        (seen(3_700, 0, agent=YAHOO), Rule.PERSON),
    ],
)
def test_what_a_hit_says_by_itself(hit: ObservedHit, rule: Rule) -> None:
    assert rules(READ, hit) == [Rule.PERSON, rule]


def test_somebody_who_opened_may_click_at_once() -> None:
    assert rules(seen(30, 0), seen(40)) == [Rule.PERSON, Rule.PERSON]


def test_where_the_mail_has_no_pixel_a_quick_click_says_nothing() -> None:
    assert rules(seen(100), context=DeliveryContext(ARRIVED, LINKS, pixel=False)) == [Rule.PERSON]


def test_what_arrived_nobody_knows_when_is_judged_by_the_rest() -> None:
    assert rules(seen(1), seen(500, method="HEAD"), context=DeliveryContext(None, LINKS)) == [
        Rule.PERSON,
        Rule.HEAD,
    ]


def test_a_burst_tells_of_all_its_hits_whichever_is_written_first() -> None:
    burst = [seen(600 + link, link, CHROME) for link in (3, 1, 2)]
    assert rules(*burst) == [Rule.BURST] * 3
    assert rules(burst[0], burst[1]) == [Rule.PERSON] * 2, "two links in two seconds"


def test_a_readers_click_after_the_scanners_stays_a_readers() -> None:
    scan = [seen(300 + link / 4, link, CHROME) for link in range(1, LINKS + 1)]
    reader = [seen(5_000, 0), seen(5_060, 3)]
    assert rules(*scan, *reader) == [Rule.BURST] * LINKS + [Rule.PERSON] * 2


def test_a_slow_walk_through_the_links_is_a_sweep() -> None:
    walk = [seen(4_000 + 40 * link, link) for link in range(1, LINKS + 1)]
    assert set(rules(READ, *walk)[1:]) == {Rule.SWEEP}


def test_a_reader_who_returns_to_a_link_during_the_sweep_is_a_reader() -> None:
    walk = [seen(4_000 + 30 * link, link, CHROME) for link in range(1, LINKS + 1)]
    again = seen(4_000 + 30 * LINKS + 90, 2, FIREFOX)
    assert rules(READ, *walk, again)[-1] == Rule.PERSON


def test_a_few_tabs_hours_later_are_a_readers() -> None:
    tabs = [seen(9_000 + link, link) for link in range(1, 5)]
    assert rules(READ, *tabs) == [Rule.PERSON] * 5


def test_the_pixel_that_a_scanner_loads_is_the_scanners() -> None:
    scan = [seen(300 + link / 4, link, CHROME) for link in range(1, 6)]
    assert rules(seen(299, 0, CHROME), *scan)[0] == Rule.COMPANY
    assert rules(seen(299, 0, GMAIL), *scan)[0] == Rule.PERSON


def test_proxies_that_stand_for_readers_are_no_machines() -> None:
    assert not any(map(is_bot_user_agent, (GMAIL, YAHOO, CHROME, PHONE, FIREFOX)))


def test_labelled_traces(record_property: Callable[[str, object], None]) -> None:
    """The floors in docs/tracking.md: precision and recall of hits, and of who is said to click."""
    hits: Counter[tuple[bool, bool, bool]] = Counter()
    clicked: Counter[tuple[bool, bool]] = Counter()
    for trace in traces(300):
        found = [rule is not Rule.PERSON for rule in classify(trace.hits, trace.mail)]
        for hit, truth, said in zip(trace.hits, trace.machine, found, strict=True):
            hits[hit.link > 0, truth, said] += 1
        clicked[_reader(trace.hits, trace.machine), _reader(trace.hits, found)] += 1
    clicks, opens = (
        _precision_and_recall(
            hits[which, True, True], hits[which, False, True], hits[which, True, False]
        )
        for which in (True, False)
    )
    readers = _precision_and_recall(clicked[True, True], clicked[False, True], clicked[True, False])
    record_property("machines' clicks: precision, recall", clicks)
    record_property("machines' opens: precision, recall", opens)
    record_property("readers who clicked: precision, recall", readers)
    assert clicks[0] >= 0.99
    assert clicks[1] >= 0.995
    assert opens[0] >= 0.96
    assert opens[1] >= 0.87
    assert readers[0] >= 0.98
    assert readers[1] >= 0.97


def _reader(hits: list[ObservedHit], machine: list[bool]) -> bool:
    return any(hit.link and not its for hit, its in zip(hits, machine, strict=True))


def _precision_and_recall(right: int, wrong: int, missed: int) -> tuple[float, float]:
    return round(right / (right + wrong), 4), round(right / (right + missed), 4)
