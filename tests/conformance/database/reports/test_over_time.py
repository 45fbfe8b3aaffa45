"""The report over the issues, with numbers that are known."""

import pytest
from sqlmodel import col, update

from digest.issues.tables import Issue
from digest.reports.interest import Topic, in_words, interest_in, interests
from digest.reports.over_time import Growth, issues_over_time
from digest.reports.time_figures import engagement_over_time, provider_shares
from digest.reports.whole import read_whole, whole_figures
from store.engine import Store
from subscribers.tables import Suppression
from tests.parts.reported_issue import ReportedIssues
from tests.parts.world import NOW

FIRST = [f"g{place}@gmail.com" for place in range(6)]


@pytest.fixture
def made(store: Store) -> ReportedIssues:
    made = ReportedIssues(store)
    made.join(*FIRST, days=30)
    return made


def test_the_last_issues_the_oldest_first(store: Store, made: ReportedIssues) -> None:
    numbers = [made.issue(days) for days in (21, 14, 7)]
    made.happens(numbers[1], "opened", *FIRST[:3])
    made.happens(numbers[2], "clicked", FIRST[0], FIRST[0], link=1)
    with store.read() as session:
        found = issues_over_time(session, last=2)
    assert [one.number for one in found] == numbers[1:]
    figures = engagement_over_time(found)
    assert figures.values("opened") == (0.5, 0.0)
    assert figures.values("clicked") == (0.0, round(1 / 6, 4))
    assert provider_shares(found, "gmail", "opens") == (0.5, 0.0)
    assert provider_shares(found, "yahoo", "opens") == (None, None)


def test_how_the_list_grew_between_two_issues(store: Store, made: ReportedIssues) -> None:
    made.issue(days=21)
    made.join("new@example.org", "too@example.org", days=20)
    made.withdraw("g0@gmail.com", days=15)
    made.withdraw("g0@gmail.com", days=15)
    with store.write() as session:
        session.add(Suppression(address_hash="1", reason="bounced", at=NOW))
        session.add(Suppression(address_hash="2", reason="by_hand", at=NOW))
    second = made.issue(days=14)
    made.join("last@example.org", days=13)
    third = made.issue()
    with store.read() as session:
        found = issues_over_time(session, last=3)
        alone = issues_over_time(session, last=1)
    assert [one.growth for one in found] == [None, Growth(2, 1, 0), Growth(1, 0, 1)]
    assert [(one.number, one.growth) for one in alone] == [(third, Growth(1, 0, 1))]
    assert [one.audience for one in found] == [6, 8, 9]
    assert found[1].number == second


def test_one_series_by_itself_and_nothing_that_never_went_out(
    store: Store, made: ReportedIssues
) -> None:
    weekly, monthly = made.issue(days=2), made.issue(days=1, series="monthly")
    draft = made.issue()
    with store.write() as session:
        session.execute(
            update(Issue)
            .where(col(Issue.number) == draft)
            .values(started_at=None, audience=None, state="cancelled")
        )
    with store.read() as session:
        assert [one.number for one in issues_over_time(session, 9)] == [weekly, monthly]
        assert [one.number for one in issues_over_time(session, 9, "monthly")] == [monthly]
        whole = read_whole(session, 9, "monthly")
    assert whole.series == ("monthly", "weekly")


def test_what_readers_care_about(store: Store, made: ReportedIssues) -> None:
    number = made.issue(g5="bounced")
    made.happens(number, "clicked", *FIRST[:2], link=1)
    made.happens(number, "clicked", FIRST[0], link=2)
    made.happens(number, "clicked", FIRST[0], link=3)
    made.happens(number, "clicked", *FIRST, link=3, machine=True)
    made.votes("gamma", "ship", *FIRST[:5])
    made.votes("alpha", "ship", *FIRST[:4])
    made.follow("tool", "gamma", FIRST[0])
    made.follow("category", "Robotics", FIRST[1])
    with store.read() as session:
        found = interests(session)
        tools = {one.key: one for one in found if one.topic is Topic.TOOL}
        by_comparison = interest_in(found, session, made.comparisons)
    assert {key: (one.clicks, one.shown) for key, one in tools.items()} == {
        "alpha": (3, 5),
        "beta": (3, 5),
        "gamma": (1, 5),
    }
    assert (tools["gamma"].followers, tools["gamma"].votes, tools["gamma"].ship) == (1, 5, 5)
    assert tools["alpha"].ship is None, "four votes could be traced"
    assert [one.key for one in found if one.key == "Robotics"] == ["Robotics"]
    mine = [one.key for one in by_comparison[made.comparisons[1]] if one.topic is Topic.TOOL]
    assert mine == ["gamma", "beta"]
    assert in_words(tools["gamma"]) == (
        "Gamma: 20.0 clicks for each 100 readers in 1 issue; 1 follow it; 5 votes, 100 % ship"
    )


def test_an_empty_store_has_a_report(store: Store) -> None:
    with store.read() as session:
        whole = read_whole(session, 12)
    assert all(not one.rows and one.empty for one in whole_figures(whole))
