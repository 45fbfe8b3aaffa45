"""Who gets an issue: how often they want mail, what they follow, whether they rest."""

from datetime import timedelta

import pytest
from sqlmodel import select

from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from digest.catalog.tables import Comparison
from digest.catalog.upsert import upsert_page
from digest.deliver.ledger.freeze import freeze_audience
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Outcome
from digest.deliver.tables import Delivery
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, Pick
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from schedules.registry import add_schedule
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.preferences import Preferences, pause_mail, preferences_of, save_preferences
from subscribers.service import unsubscribe
from subscribers.tables import Frequency, Subscriber
from tests.parts.world import (
    NOW,
    SECRET,
    Clock,
    Recorder,
    add_approved,
    add_people,
    issue_service,
    sending,
)

NOTHING = Preferences(Frequency.EVERY, "UTC", frozenset(), frozenset())


@pytest.fixture
def people(store: Store) -> dict[str, int]:
    """Three readers by how often they want mail."""
    add_people(store, 3)
    with store.write() as session:
        rows = session.exec(select(Subscriber).order_by(Subscriber.id)).all()  # type: ignore[arg-type]
        for person, frequency in zip(rows, Frequency, strict=True):
            person.frequency = frequency
        return {one.frequency: one.id or 0 for one in rows}


def issue_of(store: Store, series: str = "by-hand", days: int = 0) -> int:
    number = add_approved(store)
    with store.write() as session:
        issue = session.get(Issue, number)
        assert issue is not None
        issue.series, issue.as_of = series, NOW + timedelta(days=days)
    return number


def audience(store: Store, number: int) -> list[str]:
    """Freezes the issue; how often each of its recipients wants mail, in their order."""
    with store.write() as session:
        try:
            freeze_audience(session, number, 10, NOW)
        except IssueError:
            session.rollback()
            return []
        return list(
            session.exec(
                select(Subscriber.frequency)
                .join(Delivery)
                .where(Delivery.issue_number == number)
                .order_by(Subscriber.id)  # type: ignore[arg-type]
            )
        )


def schedule(store: Store, frequency: str) -> str:
    with store.write() as session:
        add_schedule(session, "s", "0 8 * * *", "UTC", NOW, frequency=frequency)
    return "s"


def test_issues_of_every_comparison_reach_who_wants_every_one(
    store: Store, people: dict[str, int]
) -> None:
    assert audience(store, issue_of(store, schedule(store, "every"))) == ["every"]


@pytest.mark.parametrize("frequency", ["weekly", "monthly", None])
def test_others_reach_everybody_and_the_monthly_reader_once_a_month(
    store: Store, people: dict[str, int], frequency: str | None
) -> None:
    """Without a schedule, as by hand, an issue counts as a weekly one."""
    series = schedule(store, frequency) if frequency else "by-hand"
    assert audience(store, issue_of(store, series)) == ["every", "weekly", "monthly"]
    assert audience(store, issue_of(store, series, days=7)) == ["every", "weekly"]
    assert audience(store, issue_of(store, series, days=8)) == [
        "every",
        "weekly",
        "monthly",
    ], "the first of December"


@pytest.mark.parametrize("state", ["failed", "suppressed"])
def test_an_issue_that_never_reached_the_monthly_reader_does_not_count(
    store: Store, people: dict[str, int], state: str
) -> None:
    first = issue_of(store)
    audience(store, first)
    with store.write() as session:
        for delivery in session.exec(select(Delivery)):
            delivery.state = state
    assert "monthly" in audience(store, issue_of(store, days=7))


def test_a_weekly_reader_who_joined_today_gets_the_monthly_first_issue(
    store: Store, people: dict[str, int]
) -> None:
    """What others got this month is not theirs."""
    audience(store, issue_of(store))
    (email,) = add_people(store, 1)
    with store.write() as session:
        person = session.exec(select(Subscriber).where(Subscriber.email == email)).one()
        person.frequency = Frequency.MONTHLY
    assert audience(store, issue_of(store, days=7)) == ["every", "weekly", "monthly"]


def test_a_pause_holds_until_it_is_over(store: Store, people: dict[str, int]) -> None:
    with store.write() as session:
        until = pause_mail(session, people["every"], 2, NOW)
        pause_mail(session, people["weekly"], 2, NOW - timedelta(days=15))
    assert until is not None
    assert until.isoformat() == "2026-12-07T00:00:00+00:00"
    assert audience(store, issue_of(store)) == ["weekly", "monthly"]


def test_a_pause_ends_as_the_readers_day_begins(store: Store, people: dict[str, int]) -> None:
    """NOW is a Monday at eight in UTC and already late on it in Kiritimati, fourteen hours on."""
    with store.write() as session:
        there = Preferences(Frequency.EVERY, "Pacific/Kiritimati", frozenset(), frozenset())
        save_preferences(session, people["every"], there, NOW)
        until = pause_mail(session, people["every"], 1, NOW)
    assert until is not None
    assert until.isoformat() == "2026-11-29T10:00:00+00:00"


def page(name: str, category: str) -> ContenderPage:
    reviews = (ReviewPage(Lens.BUILDER, "It holds."),)
    return ContenderPage(name, category, "A line", "Words.", 100, None, "Free", reviews)


@pytest.fixture
def writing(store: Store, people: dict[str, int]) -> int:
    """An issue about two writing tools, A and B."""
    number = issue_of(store)
    with store.write() as session:
        upsert_page(
            session, ComparisonPage("A vs B", (page("A", "Writing"), page("B", "Writing"))), NOW
        )
        comparison = session.exec(select(Comparison.id)).one()
        session.add(
            Pick(issue_number=number, comparison_id=comparison or 0, position=0, role="lead")
        )
    return number


@pytest.mark.parametrize(
    ("followed", "gets"),
    [
        ("", True),
        ("category:Writing", True),
        ("category:Writing category:Code", True),
        ("tool:b", True),
        ("category:Code tool:a", True),
        ("category:Code", False),
        ("tool:c", False),
        # A tool called like a category is not one.
        ("category:a", False),
        ("tool:Writing", False),
    ],
)
def test_who_follows_something_gets_what_is_about_it(
    store: Store, people: dict[str, int], writing: int, followed: str, *, gets: bool
) -> None:
    pairs = [one.split(":") for one in followed.split()]
    named = {
        topic: frozenset(name for kind, name in pairs if kind == topic)
        for topic in ("category", "tool")
    }
    chosen = Preferences(Frequency.EVERY, "UTC", named["category"], named["tool"])
    with store.write() as session:
        save_preferences(session, people["every"], chosen, NOW)
    others = ["weekly", "monthly"]
    assert audience(store, writing) == (["every", *others] if gets else others)


def test_an_issue_about_nothing_known_reaches_who_follows_nothing(
    store: Store, people: dict[str, int]
) -> None:
    with store.write() as session:
        save_preferences(
            session,
            people["every"],
            Preferences(Frequency.EVERY, "UTC", frozenset({"Code"}), frozenset()),
            NOW,
        )
    assert audience(store, issue_of(store)) == ["weekly", "monthly"]


def test_choices_are_kept_whole(store: Store, people: dict[str, int]) -> None:
    chosen = Preferences(Frequency.WEEKLY, "Europe/Berlin", frozenset({"A", "B"}), frozenset({"t"}))
    with store.write() as session:
        assert save_preferences(session, people["every"], chosen, NOW)
        assert save_preferences(session, people["every"], chosen, NOW)
        assert not save_preferences(session, 4711, chosen, NOW)
    with store.read() as session:
        person = session.get(Subscriber, people["every"])
        assert person is not None
        assert preferences_of(session, person) == chosen
    with store.write() as session:
        save_preferences(session, people["every"], NOTHING, NOW)
        person = session.get(Subscriber, people["every"])
        assert person is not None
        assert preferences_of(session, person) == NOTHING


@pytest.mark.parametrize("leave", ["unsubscribe", "pause"])
def test_who_leaves_or_rests_in_the_middle_is_in_no_batch_claimed_after(
    store: Store, leave: str
) -> None:
    """In effect before the next batch is claimed, and the counts add up."""
    emails = add_people(store, 30)
    number, clock = add_approved(store), Clock()

    class LeavesMidway(Recorder):
        def _take(self, edition: Edition, personalization: Personalization) -> Outcome:
            if not self.taken:
                with store.write() as session:
                    if leave == "unsubscribe":
                        unsubscribe(session, AddressHasher(SECRET), 30, "link", NOW)
                    else:
                        pause_mail(session, 30, 2, NOW)
            return super()._take(edition, personalization)

    provider = LeavesMidway(batch_size=10)
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        progress = sending(store, provider, clock).run(number, here)
    assert progress.finished
    assert progress.counts["suppressed"] == 1
    assert progress.counts["submitted"] == 29
    assert emails[29] not in provider.taken
