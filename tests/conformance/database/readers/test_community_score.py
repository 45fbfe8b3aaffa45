"""The community score: readers' own votes where there are enough, else as published."""

from datetime import timedelta

import pytest
from sqlmodel import select

from digest.catalog.queries import all_comparisons
from digest.catalog.tables import Tool, Vote
from digest.catalog.votes import MIN_VOTES, community_scores, with_votes
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Subscriber
from tests.integration.web.rows import NOW, Words, add_comparison, add_subscriber
from tests.parts.world import Clock, Recorder, issue_service

HASHER = AddressHasher("another secret of the tests, long enough")


@pytest.fixture
def alpha(store: Store) -> int:
    """A tool whose page says 40 %."""
    add_comparison(store, Words("Alpha", "alpha", community=40), Words("Beta", "beta"))
    with store.read() as session:
        return session.exec(select(Tool.id).where(Tool.slug == "alpha")).one() or 0


def vote(store: Store, tool: int, verdicts: list[str], at: timedelta = timedelta()) -> None:
    for place, verdict in enumerate(verdicts):
        person = add_subscriber(store, HASHER, f"{verdict}{place}.{at.days}@example.org")
        with store.write() as session:
            session.add(Vote(subscriber_id=person, tool_id=tool, verdict=verdict, at=NOW + at))


def shown(store: Store) -> list[float | None]:
    with store.read() as session:
        (view,) = with_votes(session, all_comparisons(session), NOW)
    return [side.community_score for side in view.contenders]


def test_few_votes_leave_what_was_published(store: Store, alpha: int) -> None:
    vote(store, alpha, ["ship"] * (MIN_VOTES - 1))
    assert shown(store) == [40, None]


def test_enough_votes_are_what_is_shown(store: Store, alpha: int) -> None:
    vote(store, alpha, ["ship", "ship", "skip", "ship", "skip", "ship"])
    assert shown(store) == [66.7, None]


def test_who_is_erased_does_not_count_any_more(store: Store, alpha: int) -> None:
    vote(store, alpha, ["ship"] * MIN_VOTES)
    assert shown(store) == [100, None]
    with store.write() as session:
        session.delete(session.exec(select(Subscriber).limit(1)).one())
    assert shown(store) == [40, None]


def test_votes_after_the_picks_wait_for_the_next_issue(store: Store, alpha: int) -> None:
    vote(store, alpha, ["ship"] * MIN_VOTES)
    vote(store, alpha, ["skip"] * MIN_VOTES, timedelta(days=1))
    with store.read() as session:
        assert community_scores(session, [alpha], NOW) == {alpha: 100}
        assert community_scores(session, [alpha], NOW + timedelta(days=1)) == {alpha: 50}


def test_the_next_issue_shows_them_and_the_choice_hears_of_them(store: Store, alpha: int) -> None:
    vote(store, alpha, ["skip"] * MIN_VOTES)
    work = issue_service(store, Recorder(), Clock())
    number = work.draft(first_days=365)
    with store.read() as session:
        content = work.renderer.content(session, number)
    assert content.lead.left.community_score == 0
