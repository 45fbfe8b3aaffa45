"""Weeks passing: due times draft issues, and the policy decides what goes on by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from freezegun import freeze_time
from sqlmodel import select

from digest.bootstrap import App, bootstrap, clock
from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage
from digest.catalog.upsert import upsert_page
from digest.deliver.ledger.worker_lock import worker_lock
from digest.issues.tables import Issue, IssueState
from digest.samples import comparisons
from digest.settings import Settings
from digest.worker import maintenance_of
from schedules.registry import add_schedule
from schedules.runner import tick
from schedules.tables import Approval, Run, RunState
from store.engine import Store
from tests.parts.world import Recorder, add_people

MONDAY = datetime(2026, 3, 23, 7, 0, tzinfo=UTC)
"""08:00 in Berlin, a week before the clocks go forward."""


@pytest.fixture
def provider() -> Recorder:
    return Recorder()


@pytest.fixture
def app(sqlite_store: Store, provider: Recorder, tmp_path: Path) -> App:
    settings = Settings(
        _env_file=None,
        secret_key="a secret of the tests that is long enough",
        postal_address="1 Road, Town",
        outbox_dir=tmp_path / "outbox",
    )
    return bootstrap(settings, store=sqlite_store, provider=provider, clock=clock)


def pages() -> list[ComparisonPage]:
    return [
        page
        for page in read_sources([str(comparisons())], None)
        if isinstance(page, ComparisonPage)
    ]


def keep(app: App, chosen: list[ComparisonPage]) -> None:
    from dataclasses import replace

    with app.store.write() as session:
        for page in chosen:
            upsert_page(session, replace(page, published_at=None), clock())


def schedule(app: App, approval: Approval = Approval.WAIT) -> None:
    with app.store.write() as session:
        add_schedule(
            session, "weekly", "0 8 * * mon", "Europe/Berlin", now=clock(), approval=approval
        )


def pass_hour(app: App) -> None:
    """What the scheduler and a worker do in an hour."""
    jobs = maintenance_of(app)
    tick(app.store, clock(), jobs.draft_due)
    jobs.approve_automatic()
    with worker_lock(app.store) as here:
        jobs.send_due(here)


def runs(app: App) -> list[tuple[datetime, str]]:
    with app.store.read() as session:
        return [(run.due_at, run.state) for run in session.exec(select(Run).order_by(Run.id))]  # type: ignore[arg-type]


def issues(app: App) -> list[Issue]:
    with app.store.read() as session:
        return list(session.exec(select(Issue).order_by(Issue.number)))  # type: ignore[arg-type]


def test_a_schedule_drafts_at_its_hour_and_waits_for_an_editor(
    app: App, provider: Recorder
) -> None:
    add_people(app.store, 3)
    with freeze_time(MONDAY - timedelta(days=1)) as time:
        schedule(app)
        keep(app, pages()[:3])
        for _ in range(36):
            pass_hour(app)
            time.tick(timedelta(hours=1))
    (issue,) = issues(app)
    assert issue.state == IssueState.DRAFT
    assert issue.as_of == MONDAY
    assert runs(app) == [(MONDAY, RunState.DRAFTED)]
    assert provider.taken == []


def test_an_automatic_schedule_sends_every_week_through_a_clock_change(
    app: App, provider: Recorder
) -> None:
    people = add_people(app.store, 3)
    weeks = [pages()[0:2], pages()[2:4], pages()[4:6]]
    with freeze_time(MONDAY - timedelta(hours=3)) as time:
        schedule(app, Approval.AUTOMATIC)
        for week in weeks:
            keep(app, week)
            for _ in range(24 * 7):
                pass_hour(app)
                time.tick(timedelta(hours=1))
    assert [due for due, _ in runs(app)] == [
        MONDAY,
        MONDAY + timedelta(days=7, hours=-1),  # 08:00 in Berlin is 06:00 UTC in summer
        MONDAY + timedelta(days=14, hours=-1),
    ]
    assert [issue.state for issue in issues(app)] == [IssueState.FINISHED] * 3
    assert sorted(provider.taken) == sorted(people * 3)


def test_an_empty_week_is_skipped_not_sent(app: App, provider: Recorder) -> None:
    add_people(app.store, 3)
    with freeze_time(MONDAY - timedelta(hours=1)) as time:
        schedule(app, Approval.AUTOMATIC)
        for _ in range(3):
            pass_hour(app)
            time.tick(timedelta(hours=1))
    assert runs(app) == [(MONDAY, RunState.SKIPPED)]
    assert issues(app) == []
    assert provider.taken == []


def test_a_machine_that_slept_holds_the_late_run(app: App, provider: Recorder) -> None:
    add_people(app.store, 3)
    with freeze_time(MONDAY - timedelta(hours=1)) as time:
        schedule(app, Approval.AUTOMATIC)
        keep(app, pages()[:2])
        time.move_to(MONDAY + timedelta(days=7, hours=20))
        pass_hour(app)
    assert [state for _, state in runs(app)] == [RunState.HELD, RunState.MISSED]
    assert issues(app) == []
    assert provider.taken == []


def test_a_scheduled_issue_goes_out_at_its_time_and_not_before(
    app: App, provider: Recorder
) -> None:
    people = add_people(app.store, 3)
    with freeze_time(MONDAY) as time:
        keep(app, pages()[:2])
        number = app.issues.draft()
        app.issues.approve(number, by="editor")
        app.issues.schedule(number, MONDAY + timedelta(hours=2))
        pass_hour(app)
        assert provider.taken == []
        time.move_to(MONDAY + timedelta(hours=2))
        pass_hour(app)
    assert sorted(provider.taken) == sorted(people)


def test_one_render_serves_everybody(
    app: App, provider: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from digest.pipeline import issue_renderer

    real = issue_renderer.render_issue
    calls: list[int] = []
    monkeypatch.setattr(
        issue_renderer, "render_issue", lambda *a, **k: calls.append(1) or real(*a, **k)
    )
    add_people(app.store, 55)
    keep(app, pages())
    number = app.issues.draft()
    app.issues.approve(number, by="editor")
    app.issues.start(number)
    with worker_lock(app.store) as here:
        assert app.sending.run(number, here).finished
    assert len(provider.taken) == 55
    # Once for the gate to look at, once more as it is frozen.
    assert calls == [1, 1]
