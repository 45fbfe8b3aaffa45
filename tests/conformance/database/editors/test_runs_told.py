"""Editors hear of runs, sends and sources that need them: all of it, and none of it twice."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from digest.bootstrap import App, bootstrap
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Accepted, Outcome, ProviderError
from digest.editors.addresses import add_editor
from digest.editors.tables import EditorNotice
from digest.message.personalization import Personalization
from digest.settings import Settings
from digest.sources.tables import First, Kind, Source
from digest.worker import maintenance_of
from schedules import registry
from schedules.runner import tick
from schedules.tables import Approval, Unapproved
from store.engine import Store
from tests.parts.issues.editing import DAY, keep_week
from tests.parts.world import SECRET, Clock, Recorder, add_people

WEEK = timedelta(weeks=1)
SATURDAY = DAY + timedelta(hours=20)
"""08:00 UTC, when the schedule comes due."""


class Relay:
    """Whether the mail server is there."""

    is_away = False


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY)


@pytest.fixture
def relay() -> Relay:
    return Relay()


@pytest.fixture
def provider(relay: Relay) -> Recorder:
    def answer(one: Personalization) -> Outcome:
        if relay.is_away:
            msg = "the server is away"
            raise ProviderError(msg)
        return Accepted(one.delivery_id, "r-1")

    return Recorder(answer=answer)


@pytest.fixture
def app(store: Store, clock: Clock, provider: Recorder, tmp_path: Path) -> Iterator[App]:
    settings = Settings(
        _env_file=None,
        secret_key=SECRET,
        outbox_dir=tmp_path / "outbox",
        postal_address="1 Road, Town",
        gate_tools=False,
    )
    made = bootstrap(settings, store=store, provider=provider, clock=clock)
    with store.write() as session:
        add_editor(session, "ana@example.org", (), DAY)
    return made


def add(app: App, **more: object) -> None:
    with app.store.write() as session:
        registry.add_schedule(session, "weekly", "0 8 * * sat", "UTC", DAY, **more)  # type: ignore[arg-type]


def look(app: App) -> list[tuple[str, str]]:
    """Look as a worker does, twice; return the subject and text of what is told."""
    jobs = maintenance_of(app)
    tick(app.store, app.clock(), jobs.draft_due)
    jobs.approve_automatic()
    jobs.settle_scheduled()
    told = app.notifier.note()
    app.notifier.deliver()
    assert app.notifier.note() == 0
    with app.store.read() as session:
        rows = session.exec(select(EditorNotice).order_by(EditorNotice.id)).all()  # type: ignore[arg-type]
    new = rows[len(rows) - told :] if told else []
    return [(one.content["subject"], " ".join(one.content["paragraphs"])) for one in new]


def test_a_laptop_that_slept_for_three_weeks_is_told_of_in_one_message(
    app: App, clock: Clock
) -> None:
    add(app)
    clock.now = SATURDAY + 3 * WEEK + timedelta(hours=30)
    ((subject, text),) = look(app)
    assert subject == "weekly: the run of Sat 19 Dec 2026, 08:00 (UTC) was held"
    assert "1800 minutes late, the limit is 180" in text
    assert "digest schedule run weekly --as-of 2026-12-19T08:00:00+00:00" in text
    assert "Missed as well, before it: Sat 28 Nov 2026, 08:00 (UTC); Sat 5 Dec" in text
    clock.on(hours=1)
    assert look(app) == []


def test_a_pause_is_no_news(app: App, clock: Clock) -> None:
    add(app)
    with app.store.write() as session:
        registry.pause_schedule(session, "weekly", clock(), SATURDAY + WEEK + timedelta(hours=1))
    for _ in range(20):
        clock.on(hours=12)
        assert look(app) == []


def test_a_draft_says_when_it_goes_out_and_its_hold_is_told_once(app: App, clock: Clock) -> None:
    keep_week(app.store, clock)
    add(app, send_cron="0 8 * * mon")
    clock.now = SATURDAY
    ((subject, text),) = look(app)
    assert subject.startswith("Issue 1 waits for you: ")
    assert "Approved by then, it goes out Mon 30 Nov 2026, 08:00 (UTC); else it is held." in text
    clock.now = SATURDAY + timedelta(days=2, minutes=1)
    ((subject, text),) = look(app)
    assert subject == "Issue 1 did not go out"
    assert "to go out Mon 30 Nov 2026, 08:00 (UTC): nobody had approved it by then." in text
    clock.on(hours=1)
    assert look(app) == []


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Unapproved.SEND, "It goes out Mon 30 Nov 2026, 08:00 (UTC), approved or not."),
        (Unapproved.SKIP, "it goes out Mon 30 Nov 2026, 08:00 (UTC); else there is no issue."),
    ],
)
def test_a_draft_says_what_becomes_of_it_unapproved(
    app: App, clock: Clock, policy: Unapproved, said: str
) -> None:
    keep_week(app.store, clock)
    add(app, send_cron="0 8 * * mon", if_unapproved=policy)
    clock.now = SATURDAY
    ((_, text),) = look(app)
    assert said in text


def test_a_skipped_issue_is_told(app: App, clock: Clock) -> None:
    keep_week(app.store, clock)
    add(app, send_cron="0 8 * * mon", if_unapproved=Unapproved.SKIP)
    clock.now = SATURDAY
    look(app)
    clock.now = SATURDAY + timedelta(days=2, minutes=1)
    ((subject, text),) = look(app)
    assert subject == "Issue 1 did not go out, and there is no issue"
    assert "Its comparisons are free for the next issue." in text


def test_an_automatic_draft_that_no_worker_sent_in_time_is_told(app: App, clock: Clock) -> None:
    keep_week(app.store, clock)
    add(app, approval=Approval.AUTOMATIC)
    clock.now = SATURDAY
    tick(app.store, clock(), maintenance_of(app).draft_due)
    assert app.notifier.note() == 0, "it may go out yet"
    clock.on(hours=5)
    assert [subject[:20] for subject, _ in look(app)] == ["Issue 1 waits for yo"]


def test_a_message_waits_for_a_relay_that_is_away_over_a_weekend(
    app: App, clock: Clock, relay: Relay, provider: Recorder
) -> None:
    add(app)
    clock.now = SATURDAY + timedelta(days=1)
    tick(app.store, clock(), maintenance_of(app).draft_due)
    assert app.notifier.note() == 1
    relay.is_away = True
    for _ in range(24 * 3):
        with suppress(ProviderError):
            app.notifier.deliver()
        clock.on(hours=1)
    relay.is_away = False
    clock.on(hours=1)
    assert app.notifier.deliver() == 1
    assert provider.taken == ["ana@example.org"]


def test_a_send_whose_provider_is_away_is_told_once_after_an_hour(
    app: App, clock: Clock, relay: Relay
) -> None:
    """It is tried again all the time, which is no progress."""
    add_people(app.store, 3)
    keep_week(app.store, clock)
    number = app.issues.draft()
    app.issues.approve(number, by="ana")
    app.issues.start(number)
    relay.is_away = True
    told = 0
    for _ in range(18):
        clock.on(minutes=10)
        with worker_lock(app.store) as lock, suppress(ProviderError):
            app.sending.run(number, lock)
        told += app.notifier.note()
        with suppress(ProviderError):
            app.notifier.deliver()
    with app.store.read() as session:
        notices = session.exec(select(EditorNotice)).all()
    assert (told, [one.content["subject"] for one in notices]) == (1, [f"Issue {number} hangs"])


def add_source(app: App, **more: object) -> None:
    with app.store.write() as session:
        session.add(
            Source(
                name="site", kind=Kind.FEED, location="https://example.org/feed.xml",
                every_minutes=60, first=First.NEW, created_at=DAY - WEEK, next_at=DAY,
                **more,
            )  # type: ignore[arg-type]
        )  # fmt: skip


def change_source(app: App, **values: object) -> None:
    with app.store.write() as session:
        source = session.exec(select(Source)).one()
        for name, value in values.items():
            setattr(source, name, value)
        session.add(source)


def test_a_source_that_fails_is_told_once_for_as_long_as_it_lasts(app: App, clock: Clock) -> None:
    add_source(app, read_at=DAY, brought_at=DAY, failures=2, error="404 Not Found")
    assert look(app) == [], "a failure or two pass by themselves"
    change_source(app, failures=3)
    ((subject, text),) = look(app)
    assert subject == "The source site fails"
    assert "It failed 3 times in a row: 404 Not Found" in text
    change_source(app, failures=9)
    clock.on(days=2)
    assert look(app) == []
    change_source(app, failures=0, read_at=clock())
    assert look(app) == []
    clock.on(days=1)
    change_source(app, failures=3)
    assert len(look(app)) == 1, "another time is another message"


def test_a_silent_source_is_told_in_the_day_before_a_schedule_is_due(
    app: App, clock: Clock
) -> None:
    add_source(app, read_at=SATURDAY + 3 * WEEK, brought_at=DAY)
    add(app)
    with app.store.write() as session:
        registry.pause_schedule(session, "weekly", clock(), SATURDAY + 3 * WEEK)
    clock.now = SATURDAY + 3 * WEEK - timedelta(hours=30)
    assert look(app) == []
    clock.now = SATURDAY + 3 * WEEK - timedelta(hours=20)
    ((subject, text),) = look(app)
    assert subject == "The source site is silent"
    assert "weekly is due at 2026-12-19 08:00 UTC, and it has brought nothing new since" in text
    clock.on(hours=2)
    assert look(app) == []
