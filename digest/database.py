"""The schema of a database: bringing it up to date, and telling how far it is."""

import sqlite3
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from store.engine import Store, StoreError, describe_error


class SchemaState(StrEnum):
    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


def schema_state(store: Store) -> SchemaState:
    """How the database stands to this version. Raises StoreError if it can't be read."""
    script = ScriptDirectory.from_config(_config())
    try:
        with store.engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            if revision is None:
                foreign = set(inspect(connection).get_table_names()) - {"alembic_version"}
                if foreign:
                    msg = (
                        f"the database {store.name} holds tables of "
                        f"something else ({', '.join(sorted(foreign)[:3])}); name another"
                    )
                    raise StoreError(msg)
                return SchemaState.EMPTY
            queue = SchemaState.CURRENT if store.is_sqlite else _queue_schema(connection)
    except DBAPIError as error:
        raise StoreError(_unusable(store, error)) from None
    if revision == script.get_current_head():
        return queue
    known = {one.revision for one in script.walk_revisions()}
    return SchemaState.BEHIND if revision in known else SchemaState.AHEAD


def upgrade(store: Store) -> None:
    """Brings the schema up to date; on an empty database makes it. Raises StoreError."""
    if schema_state(store) is SchemaState.AHEAD:
        raise StoreError(_from_the_future(store))
    config = _config()
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if not store.is_sqlite:
        from digest.queue import schema  # noqa: PLC0415 - PostgreSQL alone needs that library

        schema.bring_up(store.engine)


def ensure_current(store: Store) -> None:
    """Makes sure the schema is current: an empty database is made, an older one refused."""
    schema = schema_state(store)
    if schema is SchemaState.AHEAD:
        raise StoreError(_from_the_future(store))
    if schema is SchemaState.BEHIND:
        msg = (
            f"the database {store.name} is from an older version; "
            "back it up, then run: digest database upgrade"
        )
        raise StoreError(msg)
    if schema is SchemaState.EMPTY:
        upgrade(store)


def schema_drift(store: Store) -> list[str]:
    """What differs between the tables in the database and those in the code; empty if nothing."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - for tests and doctors only

    from digest.tables import metadata  # noqa: PLC0415 - as above

    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # The queue's tables are its library's, and so are their changes.
                "include_name": lambda name, kind, _: (
                    not (kind == "table" and str(name).startswith("procrastinate_"))
                ),
            },
        )
        return [str(one) for one in compare_metadata(context, metadata)]


def backup(store: Store, target: Path) -> None:
    """Copies a SQLite database while it is in use. Raises StoreError."""
    source = _sqlite_path(store, "pg_dump")
    if target.exists():
        msg = f"{target} exists already; name a new file"
        raise StoreError(msg)
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
    except sqlite3.Error as error:
        msg = f"{target} can't be written: {error}"
        raise StoreError(msg) from None


def restore(store: Store, source: Path) -> None:
    """Puts a backup in the place of the SQLite database, once it is known to fit.

    Raises StoreError, and then nothing was changed.
    """
    target = _sqlite_path(store, "pg_restore")
    if not source.is_file():
        msg = f"no such file: {source}"
        raise StoreError(msg)
    not_ours = f"{source} is not a backup of this program"
    try:
        with closing(sqlite3.connect(source)) as saved:
            found = saved.execute("SELECT version_num FROM alembic_version").fetchone()
            known = [
                one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()
            ]
            if found is None or found[0] not in known:
                msg = f"{source} is from a newer version of this program; nothing was restored"
                raise StoreError(msg if found else not_ours)
            with closing(sqlite3.connect(target)) as live:
                saved.backup(live)
    except sqlite3.DatabaseError:
        raise StoreError(not_ours) from None


def _queue_schema(connection: Connection) -> SchemaState:
    """How Procrastinate's tables stand to the library that is installed."""
    from digest.queue import schema  # noqa: PLC0415 - PostgreSQL alone needs that library

    before, now = schema.applied(connection), schema.newest()
    if before == now:
        return SchemaState.CURRENT
    return SchemaState.AHEAD if before is not None and before > now else SchemaState.BEHIND


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _sqlite_path(store: Store, instead: str) -> Path:
    if store.path is None:
        msg = f"only a SQLite file is copied here; use {instead} for this database"
        raise StoreError(msg)
    return store.path


def _from_the_future(store: Store) -> str:
    return (
        f"the database {store.name} is from a newer version of this "
        "program; install that version, or restore a backup made with this one"
    )


def _unusable(store: Store, error: DBAPIError) -> str:
    return f"the database {store.name} can't be used: {describe_error(error)}"
