"""The application with a schedule that drafts on Fridays and sends on Mondays."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from digest.bootstrap import App, bootstrap
from digest.issues.tables import Issue
from digest.settings import Settings
from digest.worker import maintenance_of
from schedules import registry
from schedules.runner import tick
from schedules.tables import Unapproved
from store.engine import Store
from tests.conformance.database.pipeline.scheduled_sends.drafts import FRIDAY, MINUTE, Draft
from tests.parts.issues.editing import OpenGate, keep_week
from tests.parts.world import SECRET, Clock, Recorder, add_people


@pytest.fixture
def clock() -> Clock:
    return Clock(FRIDAY - timedelta(days=1))


@pytest.fixture
def provider() -> Recorder:
    return Recorder()


@pytest.fixture
def app(store: Store, clock: Clock, provider: Recorder, tmp_path: Path) -> App:
    """The application, with a gate that lets everything pass quickly."""
    settings = Settings(
        _env_file=None,
        secret_key=SECRET,
        outbox_dir=tmp_path / "outbox",
        postal_address="1 Road, Town",
        gate_tools=False,
    )
    made = bootstrap(settings, store=store, provider=provider, clock=clock)
    return replace(made, issues=replace(made.issues, gate=OpenGate()))


@pytest.fixture
def draft(app: App, clock: Clock) -> Draft:
    """Adds the schedule and three people, and drafts the issue of Friday; its number."""

    def made(policy: Unapproved = Unapproved.HOLD, **more: Any) -> int:
        add_people(app.store, 3)
        keep_week(app.store, clock)
        with app.store.write() as session:
            registry.add_schedule(
                session, "weekly", "0 12 * * fri", "Europe/Berlin", clock(),
                send_cron="0 8 * * mon", if_unapproved=policy, **more,
            )  # fmt: skip
        clock.now = FRIDAY + MINUTE
        tick(app.store, clock(), maintenance_of(app).draft_due)
        with app.store.read() as session:
            return session.exec(select(Issue.number)).one() or 0

    return made
