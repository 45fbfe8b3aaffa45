"""The audience that is stated before a send is the one that is frozen, on both databases."""

from pathlib import Path

import pytest
from sqlmodel import select

from digest.bootstrap import App, bootstrap
from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from digest.catalog.tables import Comparison
from digest.catalog.upsert import upsert_page
from digest.cli.issue.status import status_lines
from digest.deliver.audience.eligible import count_eligible, eligible
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.freeze import freeze_audience
from digest.deliver.tables import Delivery
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import Issue, Pick
from digest.settings import Settings
from schedules.registry import add_schedule
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.preferences import Preferences, pause_mail, save_preferences
from subscribers.service import unsubscribe
from subscribers.tables import Frequency
from tests.parts.world import NOW, SECRET, Clock, add_approved, add_people

WANTS = {
    1: Preferences(Frequency.EVERY, "UTC", frozenset(), frozenset()),
    2: Preferences(Frequency.WEEKLY, "UTC", frozenset(), frozenset()),
    3: Preferences(Frequency.MONTHLY, "UTC", frozenset(), frozenset()),
    4: Preferences(Frequency.MONTHLY, "UTC", frozenset({"Writing"}), frozenset()),
    5: Preferences(Frequency.WEEKLY, "UTC", frozenset({"Code"}), frozenset()),
    6: Preferences(Frequency.EVERY, "UTC", frozenset(), frozenset({"b"})),
}
"""Preferences by subscriber; 7 is paused, 8 has unsubscribed, 9 has the defaults."""


@pytest.fixture
def app(store: Store, tmp_path: Path) -> App:
    """The product over a list on which there is somebody of every kind."""
    add_people(store, 9)
    with store.write() as session:
        for subscriber, wish in WANTS.items():
            save_preferences(session, subscriber, wish, NOW)
        pause_mail(session, 7, 2, NOW)
        unsubscribe(session, AddressHasher(SECRET), 8, "link", NOW)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        secret_key=SECRET,
        outbox_dir=tmp_path / "outbox",
    )
    return bootstrap(settings, store=store, clock=Clock())


def add_issue(store: Store, series: str = "by-hand") -> int:
    number = add_approved(store)
    with store.write() as session:
        issue = session.get(Issue, number)
        assert issue is not None
        issue.series = series
    return number


def add_pick(store: Store, number: int) -> None:
    """Makes the issue one about two writing tools, A and B."""
    reviews = (ReviewPage(Lens.BUILDER, "It holds."),)
    a, b = (
        ContenderPage(name, "Writing", "A line", "Words.", 100, None, "Free", reviews)
        for name in "AB"
    )
    with store.write() as session:
        upsert_page(session, ComparisonPage("A vs B", (a, b)), NOW)
        comparison = session.exec(select(Comparison.id)).one()
        session.add(
            Pick(issue_number=number, comparison_id=comparison or 0, position=0, role="lead")
        )


def stated(app: App, number: int) -> str:
    """What `issue status` says first of an issue that has not been started."""
    with app.store.read() as session:
        issue, counts = find_issue(session, number), count_deliveries(session, number)
        return next(iter(status_lines(app, session, issue, counts)))


def frozen(store: Store, number: int) -> set[int]:
    """Freezes the audience, and returns it."""
    with store.write() as session:
        expected = set(session.scalars(eligible(session, number, NOW)))
        count = count_eligible(session, number, NOW)
        assert freeze_audience(session, number, 4, NOW, {"gmail.com": 1}) == count
        deliveries = session.exec(select(Delivery).where(Delivery.issue_number == number)).all()
    assert {one.subscriber_id for one in deliveries} == expected
    return expected


@pytest.mark.parametrize(
    ("frequency", "is_about_writing", "people"),
    [
        ("by hand", True, {1, 2, 3, 4, 6, 9}),
        ("by hand", False, {1, 2, 3, 9}),
        ("weekly", True, {1, 2, 3, 4, 6, 9}),
        ("monthly", False, {1, 2, 3, 9}),
        ("every", True, {1, 6, 9}),
        ("every", False, {1, 9}),
    ],
)
def test_the_stated_audience_is_the_frozen_one(
    app: App, frequency: str, *, is_about_writing: bool, people: set[int]
) -> None:
    if frequency == "by hand":
        number = add_issue(app.store)
    else:
        with app.store.write() as session:
            add_schedule(session, "s", "0 8 * * *", "UTC", NOW, frequency=frequency)
        number = add_issue(app.store, "s")
    if is_about_writing:
        add_pick(app.store, number)
    line = stated(app, number)
    assert frozen(app.store, number) == people
    assert line == f"it would go to {len(people)} people now"


def test_a_monthly_reader_who_has_had_this_months_issue_is_not_counted(app: App) -> None:
    assert frozen(app.store, add_issue(app.store)) == {1, 2, 3, 9}
    second = add_issue(app.store)
    line = stated(app, second)
    assert frozen(app.store, second) == {1, 2, 9}
    assert line == "it would go to 3 people now"


def test_where_nobody_is_eligible_none_is_stated_and_nothing_is_frozen(app: App) -> None:
    with app.store.write() as session:
        add_schedule(session, "s", "0 8 * * *", "UTC", NOW, frequency="every")
        for subscriber in (1, 6, 9):
            unsubscribe(session, AddressHasher(SECRET), subscriber, "link", NOW)
    number = add_issue(app.store, "s")
    assert stated(app, number) == "it would go to 0 people now"
    with pytest.raises(IssueError, match="nobody to send"), app.store.write() as session:
        freeze_audience(session, number, 4, NOW)
