"""What a clock that was once ahead left behind is found, named and corrected; plans stay."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison
from digest.deliver.instance import BY_HAND
from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind, TransactionalMessage
from digest.issues.tables import Issue
from digest.pipeline.hold import hold, release
from digest.pipeline.later_moments import SMALL, correct_later, find_later
from digest.tables import metadata
from schedules.registry import add_schedule
from schedules.runner import RunOutcome, tick
from schedules.tables import Run, RunState, Schedule
from store.engine import Store
from subscribers.tables import Subscriber
from tests.parts.world import NOW, add_approved, add_people

YEAR = timedelta(days=365)
AHEAD = NOW + YEAR
WEEK = timedelta(weeks=1)


def correct(store: Store, now: datetime = NOW) -> list[str]:
    """Corrects all; returns what was found before."""
    with store.read() as session:
        found = [one.column for one in find_later(session, metadata, now)]
    with store.write() as session:
        correct_later(session, metadata, now)
    with store.read() as session:
        assert find_later(session, metadata, now) == []
    return found


def drafts(session: Session, schedule: Schedule, due_at: datetime) -> RunOutcome:
    session.add(Issue(subject="s", as_of=due_at, created_at=due_at, series=schedule.name))
    return RunOutcome(RunState.DRAFTED)


def runs(store: Store) -> list[datetime]:
    with store.read() as session:
        return list(session.exec(select(Run.due_at).order_by(col(Run.due_at))))


def test_nothing_is_found_where_no_clock_was_wrong(store: Store) -> None:
    add_people(store, 3)
    add_approved(store)
    assert correct(store) == []


def test_a_schedule_added_ahead_comes_due_again_once_it_is_corrected(store: Store) -> None:
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * mon", "UTC", AHEAD)
    assert tick(store, NOW + WEEK, drafts) == []
    assert correct(store) == ["schedule.created_at"]
    assert len(tick(store, NOW + WEEK, drafts)) == 1


def test_a_schedule_that_has_run_does_not_wait_for_the_time_that_it_was_added_at(
    store: Store,
) -> None:
    with store.write() as session:
        weekly = add_schedule(session, "weekly", "0 8 * * mon", "UTC", AHEAD)
        session.add(Run(schedule_id=weekly.id, due_at=NOW, state=RunState.DRAFTED, at=NOW))
    assert len(tick(store, NOW + WEEK, drafts)) == 1


def test_a_run_ahead_does_not_take_the_due_time_of_a_year_later(store: Store) -> None:
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * mon", "UTC", NOW)
    tick(store, AHEAD, drafts)
    taken = max(runs(store))
    assert "run.at" in correct(store)
    assert max(runs(store), default=NOW) <= NOW
    again = tick(store, taken, drafts)
    assert any(getattr(one, "due_at", None) == taken for one in again)


def test_a_page_without_a_date_that_was_imported_ahead_is_published_and_an_embargo_stays(
    store: Store,
) -> None:
    with store.write() as session:
        for slug, published in (("a", AHEAD), ("b", AHEAD + YEAR)):
            session.add(
                Comparison(
                    slug=slug, title=slug, published_at=published, imported_at=AHEAD,
                    changed_at=AHEAD,
                )
            )  # fmt: skip
    correct(store)
    with store.read() as session:
        found = dict(session.exec(select(Comparison.slug, Comparison.published_at)).all())
    assert found == {"a": NOW, "b": AHEAD + YEAR}


def test_a_message_that_was_queued_ahead_goes_out_and_one_that_has_to_wait_waits(
    store: Store,
) -> None:
    add_people(store, 2)
    with store.write() as session:
        first, second = session.exec(select(Subscriber.id)).all()
        enqueue(session, TransactionalKind.WELCOME, first or 0, "ahead", AHEAD)
        waiting = enqueue(session, TransactionalKind.CONFIRMATION, second or 0, "later", NOW)
        del waiting
        message = session.exec(
            select(TransactionalMessage).where(TransactionalMessage.subscriber_id == second)
        ).one()
        message.not_before = NOW + WEEK
    correct(store)
    with store.read() as session:
        due = session.exec(
            select(TransactionalMessage.not_before).order_by(col(TransactionalMessage.id))
        ).all()
    assert list(due) == [NOW, NOW + WEEK]


def test_what_lies_ahead_on_purpose_stays(store: Store) -> None:
    add_people(store, 1)
    number = add_approved(store)
    with store.write() as session:
        session.exec(select(Subscriber)).one().paused_until = AHEAD
        session.get_one(Issue, number).send_at = AHEAD
    assert correct(store) == []
    with store.read() as session:
        assert session.exec(select(Subscriber.paused_until)).one() == AHEAD
        assert session.get_one(Issue, number).send_at == AHEAD


def test_a_release_ahead_does_not_hold_automatic_schedules_for_a_year(store: Store) -> None:
    with store.write() as session:
        hold(session, BY_HAND, AHEAD)
        release(session, AHEAD)
    assert "instance.released_at" in correct(store)


def test_the_quick_look_sees_what_silences_a_series(store: Store) -> None:
    with store.write() as session:
        session.add(Issue(subject="s", as_of=AHEAD, created_at=AHEAD))
    with store.read() as session:
        found = find_later(session, metadata, NOW, SMALL)
    assert [(one.column, one.rows, one.latest) for one in found] == [
        ("issue.as_of", 1, AHEAD),
        ("issue.created_at", 1, AHEAD),
    ]
