"""Procrastinate's tables, which come with the library and are brought up to date with it.

The library ships its whole schema, and beside it each change as a file whose name sorts by
version; files marked `post` suit the new version, and all of them are applied in order here since
the processes are stopped for an upgrade. A comment on its main table says which was the last.
"""

from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from store.engine import StoreError

UPGRADING = 7_305_216_441
"""An advisory lock, so that two upgrades at once follow each other; any fixed number does."""
_MARK = "schema "


def newest() -> str:
    """The name of the last change that the installed library brings."""
    return _changes()[-1].stem


def applied(connection: Connection) -> str | None:
    """The name of the last change in the database; None where the tables are missing.

    Raises StoreError where they are there, but were not made by this program.
    """
    found = connection.execute(
        text(
            "SELECT to_regclass('procrastinate_jobs') IS NOT NULL, "
            "obj_description(to_regclass('procrastinate_jobs'), 'pg_class')"
        )
    ).one()
    if not found[0]:
        return None
    mark = str(found[1] or "")
    if not mark.startswith(_MARK):
        msg = (
            "the database has tables of Procrastinate that this program did not make; name "
            f"another, or say what they are: COMMENT ON TABLE procrastinate_jobs IS '{_MARK}...'"
        )
        raise StoreError(msg)
    return mark.removeprefix(_MARK)


def bring_up(engine: Engine) -> None:
    """Makes the tables, or applies the changes that they lack, one transaction each."""
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - it takes its time

    with engine.begin() as connection:
        _wait_for_others(connection)
        if applied(connection) is None:
            _run(connection, SchemaManager.get_schema())
            _mark(connection, newest())
    for change in _changes():
        with engine.begin() as connection:
            _wait_for_others(connection)
            if change.stem > (applied(connection) or ""):
                _run(connection, change.read_text(encoding="utf-8"))
                _mark(connection, change.stem)


def _changes() -> list[Path]:
    # Found without importing the library: every command on PostgreSQL asks for the newest.
    library = find_spec("procrastinate")
    assert library is not None  # noqa: S101 - a dependency
    assert library.origin is not None  # noqa: S101 - as above
    return sorted((Path(library.origin).parent / "sql" / "migrations").glob("*.sql"))


def _wait_for_others(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": UPGRADING})


def _run(connection: Connection, statements: str) -> None:
    """Straight to the driver and without parameters: `%` and `:` are not marks in it, and the
    server takes several statements at once.
    """
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    driver.execute(statements)


def _mark(connection: Connection, change: str) -> None:
    # A comment takes no parameter; the name is that of a file of the library.
    connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{_MARK}{change}'")
