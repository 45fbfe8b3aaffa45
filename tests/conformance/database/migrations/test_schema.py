"""The migrations and the tables agree, and the constraints hold in the database itself."""

from datetime import UTC, datetime

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from digest.database import (
    MIGRATIONS,
    SchemaState,
    ensure_current,
    revisions,
    schema_drift,
    schema_state,
)
from digest.deliver.tables import Batch, Delivery
from digest.issues.tables import Issue
from schedules.tables import Run, Schedule
from store.engine import Store, StoreError
from subscribers.tables import Subscriber
from tests.parts.world import NOW, add_approved, add_people


def test_an_empty_database_upgraded_has_no_drift(store: Store) -> None:
    assert schema_drift(store) == []
    assert schema_state(store) is SchemaState.CURRENT


def test_the_names_of_files_say_which_revisions_there_are() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert revisions() == [one.revision for one in script.walk_revisions()][::-1]
    assert script.get_heads() == [revisions()[-1]]


def test_a_database_of_an_older_version_is_refused(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert schema_state(store) is SchemaState.BEHIND


def test_a_database_of_something_else_is_refused(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(StoreError, match="tables of something else"):
        schema_state(store)


def test_a_database_from_the_future_is_refused_in_one_line(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version") as refused:
        ensure_current(store)
    assert "\n" not in str(refused.value)


def test_times_come_back_aware_and_in_utc(store: Store) -> None:
    moment = datetime.fromisoformat("2026-11-23T09:30:00.123456+02:00")
    with store.write() as session:
        session.add(Issue(subject="s", as_of=moment, created_at=NOW))
    with store.read() as session:
        kept = session.exec(select(Issue)).one().as_of
    assert kept == moment
    assert kept.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2026, 11, 23)  # noqa: DTZ001 - the point of the test
    with pytest.raises(Exception, match="without a zone"), store.write() as session:
        session.add(Issue(subject="s", as_of=naive, created_at=NOW))


def test_one_issue_reaches_one_subscriber_once(store: Store) -> None:
    add_people(store, 1)
    number = add_approved(store)
    with store.read() as session:
        person = session.exec(select(Subscriber.id)).one()
    with store.write() as session:
        session.add(Batch(issue_number=number, position=0))
    row = {"issue_number": number, "batch_position": 0, "subscriber_id": person, "changed_at": NOW}
    with store.write() as session:
        session.add(Delivery(**row))
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(Delivery(**row))


def test_one_due_time_of_a_schedule_runs_once(store: Store) -> None:
    with store.write() as session:
        session.add(Schedule(id=1, name="weekly", cron="0 8 * * mon", zone="UTC", created_at=NOW))
    with store.write() as session:
        session.add(Run(schedule_id=1, due_at=NOW, state="drafted", at=NOW))
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(Run(schedule_id=1, due_at=NOW, state="held", at=NOW))


@pytest.mark.parametrize("state", ["approved", "scheduled", "sending", "paused", "finished"])
def test_nothing_unfrozen_can_be_in_a_state_that_mails(store: Store, state: str) -> None:
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(Issue(subject="s", state=state, as_of=NOW, created_at=NOW, send_at=NOW))


def test_a_failed_block_leaves_nothing(store: Store) -> None:
    class Stop(Exception):  # noqa: N818 - a test's own
        pass

    def half_way() -> None:
        with store.write() as session:
            session.add(Issue(subject="s", as_of=NOW, created_at=NOW))
            session.flush()
            raise Stop

    with pytest.raises(Stop):
        half_way()
    with store.read() as session:
        assert not session.exec(select(Issue)).all()
