"""Create Procrastinate's tables, and upgrade them to what the installed library needs.

The library ships its whole schema, and beside it each change as a file with a name that sorts by
version; files marked `post` suit the new version, and all of them are applied in order here since
the processes are stopped for an upgrade. A comment on its main table says which was the last.
"""

from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from store.engine import StoreError

UPGRADE_LOCK = 7_305_216_441
"""Number of the advisory lock that makes two upgrades follow each other; any fixed one does."""
_PREFIX = "schema "


def latest_version() -> str:
    """Return the name of the last change that the installed library brings."""
    return _changes()[-1].stem


def applied_version(connection: Connection) -> str | None:
    """Return the name of the last change in the database; None where the tables are missing.

    Raises:
        StoreError: The tables are there, but were not made by this program.
    """
    found = connection.execute(
        text(
            "SELECT to_regclass('procrastinate_jobs') IS NOT NULL, "
            "obj_description(to_regclass('procrastinate_jobs'), 'pg_class')"
        )
    ).one()
    if not found[0]:
        return None
    comment = str(found[1] or "")
    if not comment.startswith(_PREFIX):
        msg = (
            "the database has tables of Procrastinate that this program did not make; name "
            f"another, or say what they are: COMMENT ON TABLE procrastinate_jobs IS '{_PREFIX}...'"
        )
        raise StoreError(msg)
    return comment.removeprefix(_PREFIX)


def upgrade(engine: Engine) -> None:
    """Create the tables, or apply the changes that they lack, in one transaction each."""
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - it takes its time

    with engine.begin() as connection:
        _lock_upgrade(connection)
        if applied_version(connection) is None:
            _run(connection, SchemaManager.get_schema())
            _record_version(connection, latest_version())
    for change in _changes():
        with engine.begin() as connection:
            _lock_upgrade(connection)
            if change.stem > (applied_version(connection) or ""):
                _run(connection, change.read_text(encoding="utf-8"))
                _record_version(connection, change.stem)


def _changes() -> list[Path]:
    # Found without importing the library: every command on PostgreSQL asks for the newest.
    library = find_spec("procrastinate")
    assert library is not None  # noqa: S101 - a dependency
    assert library.origin is not None  # noqa: S101 - as above
    return sorted((Path(library.origin).parent / "sql" / "migrations").glob("*.sql"))


def _lock_upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": UPGRADE_LOCK})


def _run(connection: Connection, statements: str) -> None:
    """Run several statements at once.

    Straight through the driver and without parameters, so that `%` and `:` mean nothing special.
    """
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    driver.execute(statements)


def _record_version(connection: Connection, change: str) -> None:
    # A comment takes no parameter; the name is that of a file of the library.
    connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{_PREFIX}{change}'")
