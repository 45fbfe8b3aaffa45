"""A database of schedules alone: this room needs no other's tables."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from schedules import registry
from schedules.tables import Run, Schedule
from store.engine import Store, open_store

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'schedules.db'}")
    tables = [SQLModel.metadata.tables[room.__tablename__] for room in (Schedule, Run)]
    SQLModel.metadata.create_all(opened.engine, tables=tables)
    yield opened
    opened.close()


@pytest.fixture
def enter(store: Store) -> Callable[..., None]:
    """Adds a schedule: Mondays at 08:00 in Berlin, since New Year 2026, unless said otherwise."""

    def add(
        name: str = "weekly",
        cron: str = "0 8 * * mon",
        zone: str = "Europe/Berlin",
        created: datetime = CREATED,
        late_limit_minutes: int = 180,
    ) -> None:
        with store.write() as session:
            registry.add_schedule(
                session, name, cron, zone, created, late_limit_minutes=late_limit_minutes
            )

    return add


@pytest.fixture
def runs(store: Store) -> Callable[[], list[tuple[datetime, str, str]]]:
    """Every Run there is, as (due time, state, note), oldest due time first."""

    def read() -> list[tuple[datetime, str, str]]:
        with store.read() as session:
            found = session.exec(select(Run).order_by(Run.due_at)).all()
            return [(run.due_at, run.state, run.note) for run in found]

    return read
