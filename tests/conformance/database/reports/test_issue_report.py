"""The report of one issue, with numbers that are known."""

import pytest

from digest.issues.lifecycle import NoSuchIssueError
from digest.reports.figures import to_csv
from digest.reports.issue_report import (
    as_json,
    figures_of,
    issue_report,
    links_figures,
    votes_figures,
)
from digest.reports.mailbox_providers import ProviderCounts
from store.engine import Store
from tests.parts.reported_issue import ReportedIssues

GMAIL = [f"g{place}@gmail.com" for place in range(6)]
OWN = [f"o{place}@example.org" for place in range(5)]
PAGE = "/comparisons/alpha-vs-beta"


@pytest.fixture
def made(store: Store) -> ReportedIssues:
    made = ReportedIssues(store)
    made.join(*GMAIL, source=PAGE)
    made.join(*OWN, source="https://site.example/alpha-or-beta")
    return made


def test_people_once_each_and_machines_apart(store: Store, made: ReportedIssues) -> None:
    number = made.issue(g0="bounced", g1="uncertain", o0="failed")
    made.happens(number, "opened", "g2@gmail.com", "g2@gmail.com", "g3@gmail.com")
    made.happens(number, "opened", *OWN, machine=True)
    made.happens(number, "clicked", "g2@gmail.com", "g2@gmail.com", "o1@example.org", link=1)
    made.happens(number, "clicked", "g2@gmail.com", link=3)
    made.happens(number, "clicked", *OWN, link=1, machine=True)
    made.happens(number, "clicked", *OWN, link=4, machine=True)
    made.happens(number, "clicked", "o2@example.org", link=2, machine=None)
    made.happens(number, "clicked", "o2@example.org", link=2, named=False)
    made.happens(number, "unsubscribed", "o3@example.org")
    with store.read() as session:
        report = issue_report(session, number)
    found = as_json(report)
    assert found["people"] == {"opens": 2, "clicks": 2, "votes": 0, "unsubscribes": 1}
    assert found["machines"] == {"opens": 5, "clicks": 10}
    assert found["unlabelled"] == {"opens": 0, "clicks": 1}
    assert found["anonymous"] == {"opens": 0, "clicks": 1}
    assert found["reached"] == 8
    assert report.deliveries["uncertain"] == 1
    links = {one["number"]: (one["people"], one["machines"]) for one in found["links"]}
    assert links == {1: (2, 5), 2: (0, 0), 3: (1, 0)}, "the hidden link is no reader's"
    assert links_figures(report).values("number") == (1, 3, 2)
    assert links_figures(report).values("share")[0] == 0.25


def test_votes_are_of_those_who_voted_from_the_issue_since_it_went_out(
    store: Store, made: ReportedIssues
) -> None:
    number = made.issue(days=2)
    made.happens(number, "voted", *GMAIL, "o0@example.org")
    made.votes("beta", "ship", *GMAIL[:4], days=1)
    made.votes("beta", "skip", "g4@gmail.com", days=1)
    made.votes("beta", "skip", "g5@gmail.com", days=3)
    made.votes("alpha", "ship", "o0@example.org", "o1@example.org", days=1)
    with store.read() as session:
        found = votes_figures(issue_report(session, number)).records()
    assert [(one["slug"], one["votes"], one["ship"]) for one in found] == [
        ("alpha", 1, None),
        ("beta", 5, 0.8),
        ("gamma", 0, None),
    ]


def test_reasons_and_their_words_without_a_name(store: Store, made: ReportedIssues) -> None:
    number, other = made.issue(), made.issue()
    made.says_why(number, "o1@example.org", "too_often", "Once a month would do.")
    made.says_why(number, "o2@example.org", "too_often")
    made.says_why(number, "o3@example.org", "other")
    made.says_why(other, "o4@example.org", "not_for_me", "of another issue")
    with store.read() as session:
        report = issue_report(session, number)
    assert as_json(report)["reasons"] == {"too_often": 2, "other": 1}
    assert report.reasons.words == ("Once a month would do.",)


def test_signups_by_the_page_they_came_from(store: Store, made: ReportedIssues) -> None:
    made.join("elsewhere@example.org", source="/subscribe")
    made.join("gone@example.org", source="/comparisons/never-published")
    made.join("query@example.org", source="https://d.example/comparisons/gamma-vs-beta?utm=1")
    number = made.issue()
    with store.read() as session:
        found = as_json(issue_report(session, number))["signups"]
    counts = {one["slug"]: (one["requested"], one["confirmed"]) for one in found}
    assert counts == {"alpha-vs-beta": (11, 11), "gamma-vs-beta": (1, 1)}


def test_mailbox_providers_in_groups_of_five_or_more(store: Store, made: ReportedIssues) -> None:
    made.join(*(f"y{place}@yahoo.co.uk" for place in range(3)), "me@icloud.com")
    number = made.issue(g0="bounced", y0="complained")
    made.happens(number, "opened", "g1@gmail.com", "g2@gmail.com", "y1@yahoo.co.uk")
    made.happens(number, "opened", "g3@gmail.com", machine=True)
    made.happens(number, "clicked", "g1@gmail.com", "g1@gmail.com", link=1)
    with store.read() as session:
        report = issue_report(session, number)
    assert report.providers == {
        "gmail": ProviderCounts(people=6, reached=5, bounced=1, opens=2, clicks=1),
        "others": ProviderCounts(people=9, reached=9, complained=1, opens=1),
    }


def test_an_erased_person_still_counts(store: Store, made: ReportedIssues) -> None:
    from subscribers.tables import Subscriber

    number = made.issue()
    made.happens(number, "clicked", "o1@example.org", link=1)
    with store.write() as session:
        session.delete(session.get(Subscriber, made.people["o1@example.org"]))
    with store.read() as session:
        report = issue_report(session, number)
    assert report.audience == 11
    assert report.hits.people["clicks"] == 1
    assert report.providers["others"].clicks == 1


def test_every_table_is_a_file_that_no_spreadsheet_runs(store: Store, made: ReportedIssues) -> None:
    from digest.issues.tables import Link

    number = made.issue()
    with store.write() as session:
        link = session.get(Link, (number, 1))
        assert link is not None
        link.label = '=HYPERLINK("https://evil.example")'
    with store.read() as session:
        report = issue_report(session, number)
    for figures in figures_of(report):
        lines = to_csv(figures).splitlines()
        assert lines[0] == ",".join(one.key for one in figures.columns)
        assert len(lines) == 1 + len(figures.rows)
    assert ',"\'=HYPERLINK(""' in to_csv(links_figures(report))


def test_an_issue_that_nobody_got_has_an_empty_report(store: Store, made: ReportedIssues) -> None:
    made.people.clear()
    number = made.issue()
    with store.read() as session:
        report = issue_report(session, number)
        assert report.audience == report.reached == 0
        assert report.providers == {}
        assert links_figures(report).values("share") == (None, None, None)
        with pytest.raises(NoSuchIssueError):
            issue_report(session, 99)
