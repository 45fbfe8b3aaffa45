"""What was said of deliveries, on both databases: once each, in any order, with what follows."""

import asyncio
import itertools
import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from digest.deliver.bounce_policy.bounce_type import SOFT_BOUNCE_LIMIT
from digest.deliver.ledger.finish import count_deliveries
from digest.readers.links import ReaderLink
from digest.readers.unsubscribe import unsubscribe_by_token
from digest.reports.issue_report import report_of
from digest.track.provider_events.sendgrid import parse_webhook
from digest.track.provider_events.webhook_ingest import webhook_ingest
from store.engine import Store
from subscribers.consent import ConsentKind, record_consent
from subscribers.tables import Subscriber, Suppression
from subscribers.tokens import Purpose
from tests.parts.issues.sent_issues import BLOCKED, HASHER, TOKENS, SentIssues
from tests.parts.loops import run_in_thread
from tests.parts.sendgrid_events import body_of, event
from tests.parts.world import NOW


@pytest.fixture
def sent(store: Store) -> SentIssues:
    return SentIssues(store)


def test_each_event_is_stored_once_with_its_delivery_and_moment(sent: SentIssues) -> None:
    number = sent.issue()
    one, two = sent.event("delivered", number), sent.event("deferred", number, 1, response="busy")
    at = NOW - timedelta(hours=3, microseconds=0)
    late = sent.event("processed", number, 2, at=at)
    assert sent.say(one, two, one) == 2
    assert sent.say(two, one, late) == 1
    assert sent.say(one, two, late) == 0
    kept = {event.kind: event for event in sent.events()}
    assert len(kept) == len(sent.events()) == 3
    assert kept["processed"].at == at
    assert kept["delivered"].delivery_id == sent.delivery(number).id
    assert {event.issue_number for event in kept.values()} == {number}
    assert kept["deferred"].detail == {"event": "deferred", "response": "busy"}
    assert kept["delivered"].machine is None


PROOFS: list[tuple[str, dict[str, Any], str]] = [
    ("processed", {}, "submitted"),
    ("deferred", {}, "submitted"),
    ("dropped", {"reason": "Spam Content"}, "failed"),
    ("delivered", {}, "delivered"),
    ("open", {"sg_machine_open": True}, "delivered"),
    ("click", {}, "delivered"),
    ("bounce", {"type": "bounce", "status": "5.1.1"}, "bounced"),
    ("bounce", {"type": "blocked", "status": "5.7.1"}, "bounced"),
    ("spamreport", {}, "complained"),
    ("unsubscribe", {}, "delivered"),
    ("group_unsubscribe", {}, "delivered"),
]


@pytest.mark.parametrize("before", ["submitting", "uncertain", "queued"])
def test_any_word_of_a_delivery_settles_what_was_in_doubt(sent: SentIssues, before: str) -> None:
    for name, more, state in PROOFS:
        number = sent.issue(before)
        sent.say(sent.event(name, number, **more))
        assert (name, sent.delivery(number).state) == (name, state)
        assert sent.delivery(number, 1).state == before.replace("submitting", "queued")


@pytest.mark.parametrize(("before", "tries"), [("submitting", 1), ("uncertain", 0), ("queued", 0)])
def test_an_event_counts_the_try_at_hand_alone(sent: SentIssues, before: str, tries: int) -> None:
    """That of an uncertain delivery was counted, and one that waits is not being tried."""
    number = sent.issue(before)
    sent.say(sent.event("delivered", number), sent.event("dropped", number, 1))
    assert [sent.delivery(number, person).attempts for person in (0, 1)] == [tries] * 2


@pytest.mark.parametrize("name", ["group_resubscribe", "some news"])
def test_what_says_nothing_of_the_delivery_leaves_it_alone(sent: SentIssues, name: str) -> None:
    number = sent.issue("uncertain")
    sent.say(sent.event(name, number))
    assert sent.delivery(number).state == "uncertain"
    assert len(sent.events()) == 1


def test_the_order_of_events_makes_no_difference(sqlite_store: Store) -> None:
    sent = SentIssues(sqlite_store, 1)
    told = [
        ("processed", {}),
        ("delivered", {}),
        ("bounce", {"type": "bounce", "status": "5.2.2"}),
    ]
    for order in itertools.permutations(told):
        number = sent.issue()
        for name, more in order:
            sent.say(sent.event(name, number, **more))
        found = sent.delivery(number)
        assert (found.state, found.code, found.fault) == ("bounced", "5.2.2", None)
        together = sent.issue()
        sent.say(*[sent.event(name, together, **more) for name, more in order])
        assert sent.delivery(together).state == "bounced"


def test_what_was_never_submitted_is_not_moved(sent: SentIssues) -> None:
    number = sent.issue("suppressed")
    sent.say(sent.event("delivered", number))
    assert sent.delivery(number).state == "suppressed"


def test_the_books_of_a_finished_issue_still_balance(sent: SentIssues) -> None:
    number = sent.issue()
    sent.say(sent.event("delivered", number), sent.event("spamreport", number, 1))
    with sent.store.read() as session:
        counts = count_deliveries(session, number)
    assert sum(counts.values()) == 3
    assert (counts["delivered"], counts["complained"], counts["submitted"]) == (1, 1, 1)


def test_a_complaint_and_an_unsubscription_take_the_reader_off(sent: SentIssues) -> None:
    number = sent.issue()
    sent.say(sent.event("spamreport", number), sent.event("unsubscribe", number, 1))
    assert (sent.suppressed(), sent.person().status) == ("complained", "complained")
    assert (sent.suppressed(1), sent.person(1).status) == ("unsubscribed", "unsubscribed")


def test_who_leaves_by_link_and_with_the_provider_is_one_person_in_the_report(
    sent: SentIssues,
) -> None:
    number = sent.issue()
    sent.say(sent.event("unsubscribe", number), sent.event("group_unsubscribe", number))
    with sent.store.write() as session:
        unsubscribe_by_token(session, HASHER, ReaderLink(sent.ids[0], number), NOW)
    with sent.store.read() as session:
        assert report_of(session, number)["people"]["unsubscribes"] == 1


def test_a_provider_can_only_take_off_the_list_and_never_bring_back(sent: SentIssues) -> None:
    number = sent.issue()
    sent.say(sent.event("group_unsubscribe", number))
    sent.say(sent.event("group_resubscribe", number))
    assert sent.person().status == "unsubscribed"


def test_who_came_back_is_not_taken_off_by_an_older_event(sent: SentIssues) -> None:
    number = sent.issue()
    with sent.store.write() as session:
        record_consent(session, sent.ids[0], ConsentKind.CONFIRMED, "yes", NOW)
    sent.say(sent.event("unsubscribe", number, at=NOW - timedelta(hours=1)))
    assert sent.person().status == "active"
    sent.say(sent.event("unsubscribe", number, at=NOW + timedelta(hours=1)))
    assert sent.person().status == "unsubscribed"


def test_a_consent_that_a_clock_ahead_has_dated_outweighs_no_unsubscribe(sent: SentIssues) -> None:
    number = sent.issue()
    with sent.store.write() as session:
        ahead = NOW + timedelta(days=365)
        record_consent(session, sent.ids[0], ConsentKind.CONFIRMED, "yes", ahead)
    sent.say(sent.event("unsubscribe", number, at=NOW))
    assert sent.person().status == "unsubscribed"


def test_a_removal_that_a_clock_ahead_has_dated_outweighs_no_complaint(sent: SentIssues) -> None:
    number = sent.issue()
    sent.say(sent.event("bounce", number, type="bounce", status="5.1.1"))
    sent.lift(NOW + timedelta(days=365))
    sent.say(sent.event("spamreport", number, at=NOW))
    assert sent.suppressed() == "complained"


def test_what_was_lifted_is_not_put_back_by_older_news(sent: SentIssues) -> None:
    number, later = sent.issue(), NOW + timedelta(days=1)
    bounce = {"type": "bounce", "status": "5.1.1"}
    first = sent.event("bounce", number, **bounce)
    sent.say(first)
    sent.lift(later)
    assert sent.say(first, now=later) == 0
    sent.say(sent.event("bounce", number, **bounce), now=later)
    sent.say(sent.event("spamreport", number), now=later)
    assert sent.suppressed() is None
    newer = later + timedelta(hours=1)
    sent.say(sent.event("bounce", sent.issue(), at=newer, **bounce), now=newer)
    assert sent.suppressed() == "bounced"


def test_who_was_let_off_begins_a_new_row(sent: SentIssues) -> None:
    for _ in range(SOFT_BOUNCE_LIMIT):
        sent.say(sent.event("bounce", sent.issue(), **BLOCKED))
    sent.lift(NOW + timedelta(days=1))
    after = NOW + timedelta(days=2)
    for _ in range(SOFT_BOUNCE_LIMIT - 1):
        sent.say(sent.event("bounce", sent.issue(), at=after, **BLOCKED), now=after)
    assert sent.suppressed() is None
    sent.say(sent.event("bounce", sent.issue(), at=after, **BLOCKED), now=after)
    assert sent.suppressed() == "bounced"


def test_of_whoever_is_unknown_erased_or_untracked_only_the_fact_is_kept(sent: SentIssues) -> None:
    number = sent.issue()
    with sent.store.write() as session:
        session.delete(session.get(Subscriber, sent.ids[2]))
        shy = session.get(Subscriber, sent.ids[1])
        assert shy is not None
        shy.tracking = False
        session.add(shy)
    nobody = event("delivered", TOKENS.make(Purpose.DELIVERY, 4711, 99), NOW)
    other = event("delivered", None, NOW)
    sent.say(
        nobody,
        other,
        sent.event("bounce", number, 2, type="bounce", status="5.1.1"),
        sent.event("open", number, 1),
        sent.event("delivered", number, 1),
    )
    kept = sent.events()
    assert len(kept) == 5
    assert [one.delivery_id for one in kept if one.kind != "delivered"] == [None, None]
    assert sent.delivery(number, 1).state == "delivered"
    with sent.store.read() as session:
        assert session.exec(select(Suppression)).all() == []


def test_many_posts_at_once_with_the_same_events_are_stored_once(sent: SentIssues) -> None:
    number = sent.issue()
    names = ("processed", "delivered", "bounce")
    told = [sent.event(name, number, person) for name in names for person in range(3)]
    ingests = [webhook_ingest(sent.store, HASHER, lambda: NOW) for _ in range(2)]
    faults: list[Exception] = []

    def post(place: int) -> None:
        ordered = told[place % 9 :] + told[: place % 9]
        try:
            asyncio.run(ingests[place % 2].put(parse_webhook(body_of(ordered), TOKENS)))
        except Exception as fault:  # noqa: BLE001 - looked at below
            faults.append(fault)

    threads = [threading.Thread(target=post, args=(place,)) for place in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(sent.events()) == 9
    assert {sent.delivery(number, person).state for person in range(3)} == {"bounced"}


def test_a_post_that_the_database_refuses_spoils_no_other(sent: SentIssues) -> None:
    """They may have been written together; each is told its own end."""
    number = sent.issue()
    good = [
        parse_webhook(body_of([sent.event("delivered", number, one)]), TOKENS) for one in range(3)
    ]
    bad = [good[0][0]._replace(key="k" * 10, kind="no such kind")]
    commit = webhook_ingest(sent.store, HASHER, lambda: NOW)

    async def post_together() -> list[BaseException | None]:
        posts = (commit.put(events) for events in [*good, bad])
        return await asyncio.gather(*posts, return_exceptions=True)

    heard = {place: one is None for place, one in enumerate(run_in_thread(post_together()))}
    assert heard == {0: True, 1: True, 2: True, 3: False}
    assert len(sent.events()) == 3


NAMES = st.sampled_from(
    ["processed", "delivered", "deferred", "dropped", "bounce", "open", "click", "spamreport"]
)


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=st.lists(st.tuples(NAMES, st.integers(0, 2)), min_size=1, max_size=8), data=st.data())
def test_however_posts_are_cut_ordered_and_repeated_the_end_is_the_same(
    sqlite_store: Store, told: list[tuple[str, int]], data: st.DataObject
) -> None:
    sent = SentIssues(sqlite_store)
    one, other = sent.issue(), sent.issue()
    sent.say(*[sent.event(name, one, person) for name, person in told])
    events = [sent.event(name, other, person) for name, person in told]
    shuffled = data.draw(st.permutations(events + events[:3]))
    cut = data.draw(st.integers(0, len(shuffled)))
    before = len(sent.events())
    sent.say(*shuffled[:cut])
    sent.say(*shuffled[cut:])
    assert len(sent.events()) - before == len(told)
    for person in range(3):
        assert sent.delivery(one, person).state == sent.delivery(other, person).state
