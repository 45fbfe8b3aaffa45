"""A report from kept figures says what one says that counts every event, whatever happened."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, select

from digest.deliver.tables import Delivery
from digest.events.tables import Event, EventKind, FigureChange
from digest.events.writer import record_event
from digest.reports import keep, mailbox_providers
from digest.reports.interest import interests
from digest.reports.issue_report import as_json, issue_report
from digest.reports.keep import keep_next
from digest.reports.kept import kept_figures
from digest.reports.over_time import issues_over_time
from digest.track.hits.classification import classify_all, reclassify_later
from digest.track.provider_events.delivery_event import DeliveryEvent, MatchedEvent
from digest.track.provider_events.delivery_states import apply_states
from store.engine import Store
from subscribers.tables import Subscriber
from tests.parts.reported_issue import ReportedIssues
from tests.parts.world import NOW

PEOPLE = [f"g{place}@gmail.com" for place in range(6)] + [
    f"o{place}@a.example" for place in range(5)
]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
AGENTS = (FIREFOX, FIREFOX, "curl/8.0", "Mozilla/5.0")
STEP = st.tuples(st.integers(0, 13), st.integers(0, 40))
"""What happens, and a number that chooses to whom."""


@pytest.fixture(autouse=True)
def small_issues_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "MIN_AUDIENCE", 1)
    monkeypatch.setattr(keep, "FOLDED_ABOVE", 4)
    monkeypatch.setattr(mailbox_providers, "MIN_PEOPLE", 1)


class Life:
    """Two issues, and all that may happen to them."""

    def __init__(self, store: Store) -> None:
        with store.write() as session:
            for table in ("kept_figures", "event", "delivery", "batch", "consent", "subscriber"):
                session.execute(text(f"DELETE FROM {table}"))
            session.execute(text("UPDATE issue SET audience = NULL, started_at = NULL"))
        self.store, self.now, self.keys = store, NOW, 0
        self.made = ReportedIssues(store) if not _has_pages(store) else _again(store)
        self.made.join(*PEOPLE)
        self.numbers = (self.made.issue(days=7), self.made.issue())
        self.deeds = [
            self.hit, self.hit, self.hit, self.hit, self.flagged, self.decided, self.state,
            self.later, self.erase, self.address,
        ]  # fmt: skip

    def do(self, deed: int, choice: int) -> None:
        """Do one thing; three more of the numbers classify, and one keeps what is quiet."""
        self.now += timedelta(minutes=1 + choice % 3)
        if deed in {10, 11}:
            classify_all(self.store)
        elif deed in {12, 13}:
            self.keep()
        else:
            with self.store.write() as session:
                self.deeds[deed](session, choice)

    def keep(self) -> None:
        """As the maintenance does, until all that is quiet is kept."""
        keep_next(self.store, self.now)
        self.now += keep.QUIET
        while keep_next(self.store, self.now):
            pass

    def compare(self) -> None:
        with self.store.read() as session:
            kept = said(session, self.numbers)
        assert kept == said_by_counting(self.store, self.numbers)

    def delivery(self, session: Session, choice: int) -> tuple[int, int]:
        number = self.numbers[choice % 2]
        ids = session.scalars(
            select(Delivery.id).where(Delivery.issue_number == number).order_by("id")
        ).all()
        return number, ids[choice % len(ids)] or 0

    def add(self, session: Session, choice: int, kind: EventKind, **values: Any) -> None:
        number, delivery = self.delivery(session, choice)
        self.keys += choice % 5 > 0  # or a duplicate of the one before
        event = Event(
            key=f"known-{number}-{self.keys}", kind=kind, issue_number=number,
            delivery_id=None if choice % 11 == 3 else delivery, at=self.now, **values,
        )  # fmt: skip
        record_event(session, event)

    def hit(self, session: Session, choice: int) -> None:
        detail = {"method": "GET", "user_agent": AGENTS[choice % 4]}
        if choice % 3:
            self.add(session, choice, EventKind.CLICKED, link_number=1 + choice % 4, detail=detail)
        else:
            self.add(session, choice, EventKind.OPENED, detail=detail)

    def flagged(self, session: Session, choice: int) -> None:
        detail = {"machine": True, "useragent": FIREFOX}
        self.add(session, choice, EventKind.OPENED, machine=True, detail=detail)

    def decided(self, session: Session, choice: int) -> None:
        kind = (EventKind.VOTED, EventKind.UNSUBSCRIBED, EventKind.DELIVERED)[choice % 3]
        self.add(session, choice, kind, machine=False)

    def state(self, session: Session, choice: int) -> None:
        _, delivery = self.delivery(session, choice)
        kind = (EventKind.BOUNCED, EventKind.COMPLAINED)[choice % 2]
        event = DeliveryEvent(f"state-{self.now}", kind, None, self.now)
        apply_states(session, [MatchedEvent(event, delivery)], self.now)

    def later(self, session: Session, choice: int) -> None:
        """More is known of a delivery: its hits are to be classified again."""
        reclassify_later(session, [self.delivery(session, choice)[1]])

    def erase(self, session: Session, choice: int) -> None:
        if person := self.person(session, choice):
            session.delete(person)

    def address(self, session: Session, choice: int) -> None:
        if person := self.person(session, choice):
            person.email = person.email_key = f"n{self.now:%d%H%M}{choice}@yahoo.com"
            session.add(person)

    def person(self, session: Session, choice: int) -> Subscriber | None:
        found = session.exec(select(Subscriber).order_by("id")).all()
        return found[choice % len(found)] if found else None


def _has_pages(store: Store) -> bool:
    with store.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM comparison")))


def _again(store: Store) -> ReportedIssues:
    """The catalog of an example before, which examples share."""
    made = ReportedIssues.__new__(ReportedIssues)
    made.store, made.people, made.keys = store, {}, 0
    with store.read() as session:
        found = session.scalars(text("SELECT id FROM comparison ORDER BY id")).all()
    made.comparisons = (found[0], found[1])
    return made


def said(session: Session, numbers: tuple[int, ...]) -> str:
    """Return everything that reports say of these issues."""
    reports = [as_json(issue_report(session, number)) for number in numbers]
    return json.dumps([reports, repr(issues_over_time(session, 9)), repr(interests(session, 9))])


def said_by_counting(store: Store, numbers: tuple[int, ...]) -> str:
    with store.write() as session:
        session.execute(text("DELETE FROM kept_figures"))
        counted = said(session, numbers)
        session.rollback()  # what was kept stays kept
    return counted


@given(st.lists(STEP, max_size=16))
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_kept_figures_say_what_counting_says(store: Store, steps: list[tuple[int, int]]) -> None:
    life = Life(store)
    for place, (deed, choice) in enumerate([(0, 1), (0, 4), (10, 0), (12, 0), *steps]):
        life.do(deed, choice)
        if place % 5 == 0:
            life.compare()
    life.keep()
    life.compare()
    life.do(*steps[0] if steps else (4, 2))
    life.compare()


def test_an_issue_is_kept_once_it_is_quiet_and_read_without_its_events(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(store)
    for choice in range(9):
        life.do(0, choice)
    classify_all(store)
    keep_next(store, life.now)
    assert keep_next(store, life.now + keep.QUIET / 2) is None, "not quiet for long enough"
    later = life.now + keep.QUIET
    assert [keep_next(store, later) for _ in range(3)] == [*life.numbers[::-1], None]
    counted = said_by_counting(store, life.numbers)
    for place in ("hits.count_links", "mailbox_providers.count_deliveries"):
        monkeypatch.setattr(f"digest.reports.{place}", None)
    with store.read() as session:
        assert said(session, life.numbers) == counted
        assert set(kept_figures(session, life.numbers)) == set(life.numbers)
    life.do(8, 1)
    with store.read() as session:
        assert not kept_figures(session, life.numbers), "of the erased the provider is unknown"


def test_what_changed_while_it_was_counted_is_not_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, count = Life(store), keep.count
    keep_next(store, life.now)

    def count_while_others_write(session: Session, number: int) -> object:
        figures = count(session, number)
        life.do(0, 1)
        classify_all(store)
        return figures

    monkeypatch.setattr(keep, "count", count_while_others_write)
    keep_next(store, life.now + keep.QUIET)
    with store.read() as session:
        assert life.numbers[1] not in kept_figures(session, life.numbers)


def test_many_changes_are_folded_into_one(store: Store) -> None:
    life = Life(store)
    with store.write() as session:
        session.execute(text("DELETE FROM figure_change"))
        session.add_all(FigureChange(issue_number=life.numbers[0]) for _ in range(9))
    keep_next(store, NOW)
    with store.read() as session:
        left = session.scalars(text("SELECT id FROM figure_change")).all()
        assert len(left) == 1
