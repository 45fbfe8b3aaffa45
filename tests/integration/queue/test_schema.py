"""The queue's tables suit the library that is installed, from whichever version they come."""

from pathlib import Path

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from digest.database import SchemaState, ensure_current, schema_state, upgrade
from digest.queue import schema
from store.engine import Store, StoreError

OLDER = "02.08.00_01_add_additional_params_to_retry_job"
"""The last change of a version that was current two years before this program was."""


def test_a_new_database_has_the_installed_library_s_tables(postgresql_store: Store) -> None:
    with postgresql_store.engine.connect() as connection:
        assert schema.applied_version(connection) == schema.latest_version()
    assert schema_state(postgresql_store) is SchemaState.CURRENT


def test_an_upgrade_of_the_library_is_an_upgrade_of_the_database(postgresql_store: Store) -> None:
    """Tables of an older version are refused, brought up to date, and then like new ones."""
    engine = postgresql_store.engine
    with engine.connect() as connection:
        new = _described(connection)
    with engine.begin() as connection:
        _drop_queue(connection)
        for change in _changes():
            if change.stem <= OLDER:
                schema._run(connection, change.read_text(encoding="utf-8"))
        schema._record_version(connection, OLDER)
    assert schema_state(postgresql_store) is SchemaState.BEHIND
    with pytest.raises(StoreError, match="digest database upgrade"):
        ensure_current(postgresql_store)
    upgrade(postgresql_store)
    assert schema_state(postgresql_store) is SchemaState.CURRENT
    with engine.connect() as connection:
        assert _described(connection) == new


def test_a_database_from_before_there_was_a_queue_is_brought_up_to_date(
    postgresql_store: Store,
) -> None:
    with postgresql_store.engine.begin() as connection:
        _drop_queue(connection)
    assert schema_state(postgresql_store) is SchemaState.BEHIND
    upgrade(postgresql_store)
    assert schema_state(postgresql_store) is SchemaState.CURRENT


def test_tables_of_a_newer_library_are_refused_in_one_line(postgresql_store: Store) -> None:
    with postgresql_store.engine.begin() as connection:
        schema._record_version(connection, "99.00.00_01_from_the_future")
    with pytest.raises(StoreError, match="newer version") as refused:
        ensure_current(postgresql_store)
    assert "\n" not in str(refused.value)


def test_somebody_else_s_queue_is_left_alone(postgresql_store: Store) -> None:
    with postgresql_store.engine.begin() as connection:
        connection.execute(text("COMMENT ON TABLE procrastinate_jobs IS NULL"))
    with pytest.raises(StoreError, match="did not make"):
        upgrade(postgresql_store)


def _changes() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _drop_queue(connection: Connection) -> None:
    """Drop the queue's tables, functions and types."""
    connection.execute(
        text(
            "DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, "
            "procrastinate_workers CASCADE"
        )
    )
    functions = connection.scalars(
        text("SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'procrastinate%'")
    )
    for function in functions.all():
        connection.exec_driver_sql(f"DROP FUNCTION {function} CASCADE")
    for kind in ("job_status", "job_event_type", "job_to_defer_v1"):
        connection.exec_driver_sql(f"DROP TYPE IF EXISTS procrastinate_{kind} CASCADE")


def _described(connection: Connection) -> dict[str, list[str]]:
    """Columns, indexes, triggers and functions by name."""
    questions = {
        "columns": (
            "SELECT table_name || '.' || column_name || ' ' || data_type "
            "FROM information_schema.columns WHERE table_name LIKE 'procrastinate%'"
        ),
        "indexes": "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'procrastinate%'",
        "triggers": (
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
            "AND tgrelid::regclass::text LIKE 'procrastinate%'"
        ),
        "functions": (
            "SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'procrastinate%'"
        ),
    }
    return {name: sorted(connection.scalars(text(ask))) for name, ask in questions.items()}
